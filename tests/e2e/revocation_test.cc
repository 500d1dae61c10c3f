// Revocations as the CA sees them: Pebble tells the status of every certificate that it issued.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "lab/process.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

// RFC 5280 5.3.1, as Pebble has it.
struct Standing {
  std::string status;
  int reason = 0;

  bool operator==(const Standing&) const = default;
};
constexpr int kUnspecified = 0;
constexpr int kKeyCompromise = 1;
constexpr int kSuperseded = 4;

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

class RevocationTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }

  pb::Domain AddAndServe(const std::string& zone) {
    pb::Domain domain = Add(zone);
    EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    return domain;
  }

  static Standing AtCa(const std::string& serial) {
    const auto said = lab().pebble().CertificateStatus(serial);
    EXPECT_THAT(said, IsOk());
    const nlohmann::json json = nlohmann::json::parse(said.value_or("{}"), nullptr, false);
    return {.status = json.value("Status", ""), .reason = json.value("Reason", 0)};
  }

  // Of its n-th issuance, from 0; empty while there is none.
  static std::string Serial(const pb::Domain& domain, int n) {
    return Query(
        absl::StrFormat("SELECT serial FROM padlock.issuances WHERE certificate = '%s' "
                        "ORDER BY not_before, create_time OFFSET %d LIMIT 1",
                        IdOf(domain.certificate()), n));
  }
  static std::string HasSerial(const pb::Domain& domain, int n) {
    return absl::StrFormat("SELECT count(*) > %d FROM padlock.issuances WHERE certificate = '%s'",
                           n, IdOf(domain.certificate()));
  }

  std::string KeyOf(const std::string& hostname) {
    const std::string file = absl::StrCat(lab().stack().directory(), "/", hostname, ".stolen");
    EXPECT_THAT(acme().Padlock({"fetch", hostname, "--chain", file + ".pem", "--key", file}),
                IsOk());
    return file;
  }

  static std::string ProveCompromise(const std::string& key_file) {
    const std::string file = key_file + ".proof";
    EXPECT_THAT(lab::RunCommand({"openssl", "req", "-new", "-key", key_file, "-subj",
                                 "/CN=Proof of Key Compromise", "-out", file}),
                IsOk());
    return file;
  }
};

TEST_F(RevocationTest, TheCallersReasonReachesTheCaAndAReplacementFollows) {
  const pb::Domain domain = AddAndServe("shop.test");
  const std::string serial = Serial(domain, 0);
  EXPECT_EQ(AtCa(serial), (Standing{.status = "Valid"}));
  EXPECT_THAT(acme().Padlock({"revoke", "shop.test", "--reason", "superseded"}), IsOk());
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_REVOKED), IsOk());
  EXPECT_EQ(AtCa(serial), (Standing{.status = "Revoked", .reason = kSuperseded}));
  ASSERT_TRUE(Becomes(HasSerial(domain, 1), "t"));
  EXPECT_EQ(AtCa(Serial(domain, 1)), (Standing{.status = "Valid"}));
}

TEST_F(RevocationTest, ADeletionRevokesWhenAskedTo) {
  const pb::Domain domain = AddAndServe("bakery.test");
  const pb::Domain kept = AddAndServe("garden.test");
  const std::string serial = Serial(domain, 0);
  EXPECT_THAT(acme().Padlock({"delete", "bakery.test", "--revoke"}), IsOk());
  EXPECT_THAT(acme().Padlock({"delete", "garden.test"}), IsOk());
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_REVOKED), IsOk());
  EXPECT_EQ(AtCa(serial).status, "Revoked");
  EXPECT_EQ(AtCa(Serial(kept, 0)), (Standing{.status = "Valid"}));
}

// Whoever has the key may have it revoked, by a role that may otherwise only read.
TEST_F(RevocationTest, AProofOfCompromiseRevokesForItAndTheKeyIsNeverUsedAgain) {
  const pb::Domain domain = AddAndServe("museum.test");
  const std::string serial = Serial(domain, 0);
  const std::string proof = ProveCompromise(KeyOf("museum.test"));
  const auto reader = Tenant::Connect(lab(), "acme", "reader");
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT((*reader)->api().RevokeCertificate({.certificate = domain.certificate()}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT((*reader)->Padlock({"revoke", "museum.test", "--proof", proof}), IsOk());
  ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_REVOKED), IsOk());
  EXPECT_EQ(AtCa(serial), (Standing{.status = "Revoked", .reason = kKeyCompromise}));
  ASSERT_TRUE(Becomes(HasSerial(domain, 1), "t"));
  EXPECT_EQ(AtCa(Serial(domain, 1)), (Standing{.status = "Valid", .reason = kUnspecified}));
  // A proof of another key is none of this certificate's.
  const std::string stranger = lab().stack().directory() + "/stranger";
  ASSERT_THAT(lab::RunCommand({"openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout",
                               "-out", stranger}),
              IsOk());
  EXPECT_THAT((*reader)->Padlock({"revoke", "museum.test", "--proof", ProveCompromise(stranger)}),
              StatusIs(absl::StatusCode::kInternal));  // what the command fails with
  EXPECT_EQ(AtCa(Serial(domain, 1)).status, "Valid");
}

}  // namespace
}  // namespace e2e
