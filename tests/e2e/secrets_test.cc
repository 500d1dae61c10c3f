// That the check at the end of every suite would find what it looks for.

#include "e2e/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

const std::vector<Secret> kSecret = {{.name = "it", .octets = "a key \xf0\xff\xfe of many octets"}};

TEST(FindSecretsTest, FindsEveryFormAtEveryOffset) {
  const std::string& octets = kSecret.front().octets;
  for (const char* before : {"", "x", "yy", "zzz"}) {
    const std::string whole = before + octets + "after";
    for (const std::string& text :
         {whole, absl::BytesToHexString(whole), absl::Base64Escape(whole),
          base::Base64UrlEncode(whole), absl::Base64Escape(whole).insert(20, "\n"),
          absl::Base64Escape(whole).insert(20, "\\n")}) {
      EXPECT_THAT(FindSecrets("{\"msg\":\"" + text + "\"}", kSecret), ElementsAre("it")) << text;
    }
  }
}

TEST(FindSecretsTest, FindsNothingInWhatIsNotIt) {
  EXPECT_THAT(FindSecrets("a key of many octets " + absl::Base64Escape("a key of"), kSecret),
              IsEmpty());
}

class SecretsTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }
};

TEST_F(SecretsTest, APlantedSecretIsFoundWhereverItLies) {
  const auto domain = acme().AddWithRecords("shop.test", /*wildcard=*/true);
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().Await(*domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  ASSERT_THAT(acme().Padlock({"show", "shop.test"}), IsOk());

  const auto secrets = CollectSecrets(lab());
  ASSERT_THAT(secrets, IsOk());
  std::vector<std::string> names;
  for (const Secret& secret : *secrets) names.push_back(secret.name);
  EXPECT_THAT(names, IsSupersetOf({"key-encryption key", "TSIG secret", "challenge token",
                                   "claim value of shop.test", "canary of shop.test",
                                   "TXT value of shop.test", "key of acme_accounts pebble",
                                   "TLS key padlock-cert-1.key", "TLS key acme-admin.key"}));
  EXPECT_THAT(names, Contains(StartsWith("key of orders ord_")));
  EXPECT_THAT(FindLeaks(lab(), Tenant::Printed()), IsOkAndHolds(IsEmpty()));

  const auto key_encryption_key = base::ReadFile(lab().key_encryption_key_file());
  ASSERT_THAT(key_encryption_key, IsOk());
  ASSERT_THAT(lab().postgres().Execute(
                  "padlock", absl::StrFormat("UPDATE padlock.domains SET finding = '\"%s\"'",
                                             absl::Base64Escape(*key_encryption_key))),
              IsOk());
  const std::string planted = lab().stack().LogFile("padlock-planted");
  std::ofstream(planted) << domain->records(0).value();
  EXPECT_THAT(FindLeaks(lab(), absl::BytesToHexString(*key_encryption_key)),
              IsOkAndHolds(ElementsAre("claim value of shop.test in padlock-planted.log",
                                       "key-encryption key in the database dump",
                                       "key-encryption key in the output of padlock")));
  std::filesystem::remove(planted);
  ASSERT_THAT(lab().postgres().Execute("padlock", "UPDATE padlock.domains SET finding = NULL"),
              IsOk());
}

TEST_F(SecretsTest, NoProgramMakesACoreDump) {
  for (const lab::Service* program : {&lab().cert(), &lab().probe(0)}) {
    const auto limits = base::ReadFile(absl::StrFormat("/proc/%d/limits", program->pid()));
    ASSERT_THAT(limits, IsOk());
    EXPECT_THAT(*limits, ContainsRegex("Max core file size +0 +0 +bytes"));
  }
}

}  // namespace
}  // namespace e2e
