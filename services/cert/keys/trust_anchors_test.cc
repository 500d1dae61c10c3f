#include "cert/keys/trust_anchors.h"

#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

TEST(TrustAnchorsTest, NeedACertificateThatCanBeRead) {
  const MintedCertificate root = Mint({.common_name = "Root",
                                       .not_before = absl::UnixEpoch(),
                                       .not_after = absl::UnixEpoch() + absl::Hours(1),
                                       .authority = true});
  EXPECT_THAT(TrustAnchors::Parse(root.pem), base::testing::IsOk());
  EXPECT_THAT(TrustAnchors::Parse("# comment\n" + root.pem), base::testing::IsOk());
  for (const std::string& pem : {std::string(), std::string("no root yet"), root.key_pem,
                                 root.pem.substr(0, root.pem.size() / 2)}) {
    EXPECT_THAT(TrustAnchors::Parse(pem),
                base::testing::StatusIs(absl::StatusCode::kFailedPrecondition))
        << pem;
  }
}

}  // namespace
}  // namespace cert
