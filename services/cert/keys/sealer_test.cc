#include "cert/keys/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

const SealContext kRow{.table = "issuances", .tenant = "acme", .id = "iss_1"};
const NamedKey kOldKey{.id = "2025", .octets = std::string(32, 'o')};
const NamedKey kNewKey{.id = "2026", .octets = std::string(32, 'n')};

Sealer SealerOf(std::vector<NamedKey> keys) { return *Sealer::Create(std::move(keys)); }

TEST(SealerTest, OpensWhatItSealed) {
  const Sealer sealer = SealerOf({kOldKey});
  for (const std::string& secret : {std::string(), std::string("s"), std::string(5000, '\0')}) {
    const auto sealed = sealer.Seal(kRow, secret);
    ASSERT_THAT(sealed, IsOk());
    EXPECT_THAT(sealer.Open(kRow, *sealed), IsOkAndHolds(secret));
  }
}

TEST(SealerTest, SealsTheSameSecretDifferentlyEachTime) {
  const Sealer sealer = SealerOf({kOldKey});
  EXPECT_NE(sealer.Seal(kRow, "secret")->octets, sealer.Seal(kRow, "secret")->octets);
}

TEST(SealerTest, LaysTheOctetsOutAsDocumented) {
  const Sealer sealer = SealerOf({kOldKey});
  const SealedSecret sealed = *sealer.Seal(kRow, "secret");
  EXPECT_EQ(sealed.key_id, "2025");
  EXPECT_EQ(sealed.octets.size(), 1U + 12U + 6U + 16U);
  EXPECT_EQ(sealed.octets[0], '\x01');
  EXPECT_EQ(sealed.octets.find("secret"), std::string::npos);
}

TEST(SealerTest, DoesNotOpenASecretThatWasMovedToAnotherRow) {
  const Sealer sealer = SealerOf({kOldKey});
  const SealedSecret sealed = *sealer.Seal(kRow, "secret");
  for (const SealContext& other :
       {SealContext{.table = "accounts", .tenant = "acme", .id = "iss_1"},
        SealContext{.table = "issuances", .tenant = "b", .id = "iss_1"},
        SealContext{.table = "issuances", .tenant = "acme", .id = "2"}}) {
    EXPECT_THAT(sealer.Open(other, sealed), StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST(SealerTest, DoesNotOpenWhenAnyOctetIsDamaged) {
  const Sealer sealer = SealerOf({kOldKey});
  const SealedSecret sealed = *sealer.Seal(kRow, "secret");
  for (std::size_t i = 0; i < sealed.octets.size(); ++i) {
    SealedSecret damaged = sealed;
    damaged.octets[i] = static_cast<char>(damaged.octets[i] ^ 1);
    EXPECT_THAT(sealer.Open(kRow, damaged), StatusIs(absl::StatusCode::kDataLoss)) << i;
  }
}

TEST(SealerTest, DoesNotOpenATruncatedSecret) {
  const Sealer sealer = SealerOf({kOldKey});
  const SealedSecret sealed = *sealer.Seal(kRow, "secret");
  for (std::size_t size = 0; size < sealed.octets.size(); ++size) {
    const SealedSecret shorter{.key_id = sealed.key_id, .octets = sealed.octets.substr(0, size)};
    EXPECT_THAT(sealer.Open(kRow, shorter), StatusIs(absl::StatusCode::kDataLoss)) << size;
  }
}

TEST(SealerTest, OpensWithAnyKeyAndSealsWithTheFirst) {
  const SealedSecret old = *SealerOf({kOldKey}).Seal(kRow, "secret");
  const Sealer rotated = SealerOf({kNewKey, kOldKey});
  EXPECT_THAT(rotated.Open(kRow, old), IsOkAndHolds(std::string("secret")));
  EXPECT_EQ(rotated.Seal(kRow, "secret")->key_id, "2026");
}

TEST(SealerTest, SaysWhenTheKeyIsNotConfigured) {
  const SealedSecret old = *SealerOf({kOldKey}).Seal(kRow, "secret");
  EXPECT_EQ(SealerOf({kNewKey}).Open(kRow, old).status(),
            absl::InternalError("key-encryption key \"2025\" is not configured"));
}

TEST(SealerTest, BindsTheSecretToItsKeyId) {
  SealedSecret sealed = *SealerOf({kOldKey}).Seal(kRow, "secret");
  sealed.key_id = "alias";
  const Sealer renamed = SealerOf({{.id = "alias", .octets = kOldKey.octets}});
  EXPECT_THAT(renamed.Open(kRow, sealed), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(SealerTest, RefusesARowWhoseNameHoldsANul) {
  const SealContext row{.table = std::string("a\0b", 3), .tenant = "acme", .id = "1"};
  EXPECT_THAT(SealerOf({kOldKey}).Seal(row, "secret"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SealerTest, RefusesKeysItCannotUse) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Sealer::Create({}), StatusIs(code));
  EXPECT_THAT(Sealer::Create({{.id = "short", .octets = std::string(31, 'k')}}), StatusIs(code));
  EXPECT_THAT(Sealer::Create({kOldKey, kNewKey, kOldKey}), StatusIs(code));
}

}  // namespace
}  // namespace cert
