#include "cert/reconcile/issuer_roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

class IssuerRootsTest : public ::testing::Test {
 protected:
  static std::string Root(const std::string& name) {
    return Mint({.common_name = name,
                 .not_before = absl::UnixEpoch(),
                 .not_after = absl::UnixEpoch() + absl::Hours(1),
                 .authority = true})
        .pem;
  }
  void Put(const std::string& text) const { std::ofstream(file_) << text; }

  // What tells whether it was parsed anew.
  static const TrustAnchors::Store* StoreOf(const IssuerRoots& roots) {
    const auto anchors = roots.Read();
    EXPECT_THAT(anchors, IsOk());
    return anchors.ok() && anchors->has_value() ? &(*anchors)->store() : nullptr;
  }

  const base::testing::TempDirectory directory_;
  const std::string file_ = directory_.path() + "/roots.pem";
  const std::string pem_ = Root("Root");
};

TEST_F(IssuerRootsTest, WithoutAFileThereAreNone) {
  EXPECT_EQ(StoreOf(IssuerRoots()), nullptr);
  EXPECT_EQ(StoreOf(IssuerRoots("")), nullptr);
}

TEST_F(IssuerRootsTest, AreParsedOnceForAllCopiesUntilTheFileIsAnotherOne) {
  Put(pem_);
  const IssuerRoots roots(file_);
  const IssuerRoots copy = roots;
  const auto first = roots.Read();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(StoreOf(roots), &(*first)->store());
  EXPECT_EQ(StoreOf(copy), &(*first)->store());
  Put(Root("Another"));
  EXPECT_NE(StoreOf(copy), &(*first)->store());
}

// Never the older roots in place of what is there.
TEST_F(IssuerRootsTest, AFileThatBecomesBadIsAnErrorThatNamesItUntilItIsGood) {
  Put(pem_);
  const IssuerRoots roots(file_);
  ASSERT_NE(StoreOf(roots), nullptr);
  Put("no root any more");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(roots.Read().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(roots.Read().status().message()), HasSubstr(file_));
  }
  std::remove(file_.c_str());
  EXPECT_EQ(roots.Read().status().code(), absl::StatusCode::kNotFound);
  Put(pem_);
  EXPECT_NE(StoreOf(roots), nullptr);
}

}  // namespace
}  // namespace cert
