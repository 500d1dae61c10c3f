#include "cert/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr char kGood[] = R"(
grpc { address: "127.0.0.1" port: 7443 }
admin { address: "::1" port: 7480 }
tls { ca_file: "ca.pem" certificate_file: "cert.pem" private_key_file: "key.pem" }
identities { subject_alternative_name: "billing.internal" tenant: "acme" roles: ROLE_READER
             roles: ROLE_KEY_READER }
database { connection_string: "host=a" claim_connection_string: "host=b"
           listen_connection_string: "host=c" }
key_encryption_keys { id: "k2" key_file: "kek" }
delegation_zone {
  zone: "dcv.example.net"
  servers { address: "192.0.2.1" port: 53 }
  tsig_key { name: "acme-key" secret_file: "tsig" }
}
certificate_authorities { name: "ca" directory_url: "https://ca.example/dir"
                          tls_ca_file: "roots.pem" issuer_roots_file: "roots.pem"
                          contacts: "mailto:ops@example.net"
                          external_account_binding { key_id: "id" mac_key_file: "mac" } }
agreement { perspectives { name: "ams" region: "RIPE NCC" } perspectives { name: "nyc" } }
)";

const MintedCertificate kRoot = Mint({.common_name = "Root",
                                      .not_before = absl::FromUnixSeconds(1'700'000'000),
                                      .not_after = absl::FromUnixSeconds(1'900'000'000),
                                      .authority = true});

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    for (const char* name : {"ca.pem", "cert.pem", "key.pem"}) Write(name, "pem");
    Write("roots.pem", kRoot.pem);
    Write("words", "not base64!");
    Write("kek", std::string(32, 'k'));
    Write("tsig", "c2VjcmV0\n");
    Write("mac", "c2VjcmV0\n");
  }

  void Write(const std::string& name, const std::string& content) {
    directory_.Write(name, content);
  }
  absl::StatusOr<Config> Load(const std::string& text) {
    Write("cert.textproto", text);
    return LoadConfig(directory_.path() + "cert.textproto");
  }
  // kGood with the first `from` replaced.
  absl::StatusOr<Config> LoadWith(const std::string& from, const std::string& to) {
    std::string text = kGood;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return Load(text.replace(at, from.size(), to));
  }

  const base::testing::TempDirectory directory_;
};

TEST_F(ConfigTest, LoadsSecretsAndResolvesNamesAgainstItsDirectory) {
  const auto config = Load(kGood);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->admin.address, "::1");
  EXPECT_EQ(config->tls.ca_file, directory_.path() + "ca.pem");
  EXPECT_EQ(config->key_encryption_keys[0].octets, std::string(32, 'k'));
  EXPECT_EQ(config->delegation_zone.tsig_key.secret_base64, "c2VjcmV0");
  EXPECT_EQ(config->certificate_authorities[0].issuer_roots_file, directory_.path() + "roots.pem");
  EXPECT_THAT(config->certificate_authorities[0].contacts, ElementsAre("mailto:ops@example.net"));
  EXPECT_EQ(config->certificate_authorities[0].external_account->mac_key, "secret");
  EXPECT_THAT(config->identities.mapped[0].roles,
              ElementsAre(transport::Role::kReader, transport::Role::kKeyReader));
}

TEST_F(ConfigTest, FillsInTheDefaults) {
  const auto config = Load(kGood);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->identities.trust_domain, "padlock");
  EXPECT_EQ(config->database.pool_size, 8);
  EXPECT_EQ(config->delegation_zone.tsig_key.algorithm, "hmac-sha256");
  EXPECT_EQ(config->agreement.recursive_quorum, 2);
  EXPECT_EQ(config->agreement.min_perspectives, 1);
  EXPECT_TRUE(config->agreement.needs_validation);
  EXPECT_EQ(config->reconciler_threads, 8);
  EXPECT_EQ(config->lease_duration, absl::Seconds(30));
}

TEST_F(ConfigTest, MigrationNeedsItsConnectionAlone) {
  Write("cert.textproto", "database { owner_connection_string: 'user=padlock_owner' }");
  EXPECT_THAT(LoadOwnerConnectionString(directory_.path() + "cert.textproto"),
              IsOkAndHolds("user=padlock_owner"));
  Write("cert.textproto", "");
  const auto none = LoadOwnerConnectionString(directory_.path() + "cert.textproto");
  EXPECT_THAT(none, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(none.status().message()), StartsWith("database.owner_connection_string"));
}

TEST_F(ConfigTest, SaysWhereTheTextIsNoConfiguration) {
  const auto config = Load("grpc { adress: 1 }");
  EXPECT_THAT(config, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(config.status().message()),
              StartsWith(directory_.path() + "cert.textproto:1:"));
}

struct Fault {
  const char* from;
  const char* to;
  const char* field;
};

class ConfigFaultTest : public ConfigTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(ConfigFaultTest, IsNamedByItsField) {
  const auto config = LoadWith(GetParam().from, GetParam().to);
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(std::string(config.status().message()),
              StartsWith(std::string(GetParam().field) + ": "));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ConfigFaultTest,
    ::testing::Values(
        Fault{"\"127.0.0.1\"", "\"localhost\"", "grpc.address"},
        Fault{"port: 7443", "port: 70000", "grpc.port"}, Fault{"port: 7480", "", "admin.port"},
        Fault{"\"ca.pem\" certificate", "\"missing.pem\" certificate", "tls.ca_file"},
        Fault{"private_key_file: \"key.pem\"", "", "tls.private_key_file"},
        Fault{"tenant: \"acme\"", "", "identities[0].tenant"},
        Fault{"tenant: \"acme\"", "tenant: \"acme/eu\"", "identities[0].tenant"},
        Fault{"roles: ROLE_READER", "roles: ROLE_UNSPECIFIED", "identities[0].roles"},
        Fault{"claim_connection_string: \"host=b\"", "", "database.claim_connection_string"},
        Fault{"listen_connection_string: \"host=c\"",
              "listen_connection_string: \"c\" pool_size: 1000", "database.pool_size"},
        Fault{"id: \"k2\"", "id: \"K2\"", "key_encryption_keys[0].id"},
        Fault{"key_file: \"kek\"", "key_file: \"tsig\"", "key_encryption_keys[0].key_file"},
        Fault{"key_encryption_keys { id: \"k2\" key_file: \"kek\" }", "", "key_encryption_keys"},
        Fault{"dcv.example.net", "dcv.example.net.", "delegation_zone.zone"},
        Fault{"servers { address: \"192.0.2.1\" port: 53 }", "", "delegation_zone.servers"},
        Fault{"port: 53", "port: 0", "delegation_zone.servers[0].port"},
        Fault{"secret_file: \"tsig\"", "secret_file: \"none\"",
              "delegation_zone.tsig_key.secret_file"},
        Fault{"secret_file: \"tsig\"", "secret_file: \"../padlock\"",
              "delegation_zone.tsig_key.secret_file"},
        Fault{"secret_file: \"tsig\"", "secret_file: \"words\"",
              "delegation_zone.tsig_key.secret_file"},
        Fault{"name: \"acme-key\"", "name: \"acme..key\"", "delegation_zone.tsig_key.name"},
        Fault{"name: \"acme-key\"", R"(name: "k" algorithm: "hmac-md5")",
              "delegation_zone.tsig_key.algorithm"},
        Fault{"https://", "http://", "certificate_authorities[0].directory_url"},
        Fault{"key_id: \"id\"", "", "certificate_authorities[0].external_account_binding.key_id"},
        Fault{"issuer_roots_file: \"roots.pem\"", "issuer_roots_file: \"ca.pem\"",
              "certificate_authorities[0].issuer_roots_file"},
        Fault{"tls_ca_file: \"roots.pem\"", "tls_ca_file: \"ca.pem\"",
              "certificate_authorities[0].tls_ca_file"},
        Fault{"name: \"ams\"", "name: \"ams/1\"", "agreement.perspectives[0].name"},
        Fault{"region: \"RIPE NCC\"", "region: \"RIPE\"", "agreement.perspectives[0].region"},
        Fault{"name: \"nyc\"", "name: \"ams\"", "agreement.perspectives[1].name"},
        Fault{"agreement {", "lease_duration { seconds: 4 } agreement {", "lease_duration"},
        Fault{"agreement {", "lease_duration { seconds: 31 } agreement {", "lease_duration"},
        Fault{"agreement {", "retention { seconds: 86399 } agreement {", "retention"},
        Fault{"agreement {", "retention { seconds: 86400 nanos: 1 } agreement {", "retention"},
        Fault{"agreement {", "agreement { min_perspectives: 3 ", "agreement.min_perspectives"}));

TEST_F(ConfigTest, SpellsTheAddressesOfTheEdgeAsTheyAreSeen) {
  const std::string text =
      std::string(kGood) + "edge_addresses: \"192.0.2.80\"" + "edge_addresses: \"2001:DB8:0::80\"";
  const auto without = Load(text);
  ASSERT_FALSE(without.ok());
  EXPECT_THAT(std::string(without.status().message()), StartsWith("edge_addresses: "));
  const std::string http = "http { address: \"127.0.0.1\" port: 7444 }";
  const auto config = Load(text + http);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->edge_addresses, ElementsAre("192.0.2.80", "2001:db8::80"));
  const auto wrong = Load(std::string(kGood) + http + "edge_addresses: \"edge.example\"");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(std::string(wrong.status().message()), StartsWith("edge_addresses[0]: "));
}

TEST_F(ConfigTest, ReservedZonesAreLowerCaseNames) {
  const auto config = Load(std::string(kGood) +
                           R"(reserved_zones: "edge.example.net" reserved_zones: "github.io")");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->reserved_zones, ElementsAre("edge.example.net", "github.io"));
  for (const std::string& zone :
       {std::string(), std::string("example"), std::string("Edge.example.net"),
        std::string("edge.example.net."), std::string("*.example.net"),
        std::string("edge..example.net"), std::string("-a.example.net"),
        std::string("\xc3\xa9.example.net"), std::string(64, 'a') + ".example.net"}) {
    const auto wrong = Load(std::string(kGood) + "reserved_zones: \"edge.example.net\"" +
                            "reserved_zones: \"" + zone + "\"");
    EXPECT_THAT(std::string(wrong.status().message()), StartsWith("reserved_zones[1]: ")) << zone;
  }
}

TEST_F(ConfigTest, AContactIsOneMailAddress) {
  for (const char* contact :
       {"ops@example.net", "mailto:", "mailto:ops", "mailto:@example.net", "mailto:ops@",
        "mailto:ops@a@b", "mailto: ops@example.net", "mailto:ops@example.net ",
        "mailto:a@b.example,c@d.example", "mailto:ops@example.net?subject=x", "tel:+123"}) {
    const auto config = LoadWith("mailto:ops@example.net", contact);
    EXPECT_THAT(std::string(config.status().message()),
                StartsWith("certificate_authorities[0].contacts[0]: "))
        << contact;
  }
}

TEST_F(ConfigTest, KnowsWhoseConsumersConfirm) {
  const auto nobody = Load(kGood);
  ASSERT_TRUE(nobody.ok()) << nobody.status();
  EXPECT_TRUE(nobody->deployment.tenants.empty());
  EXPECT_EQ(nobody->deployment.patience, absl::Hours(1));
  const auto load = [&](const std::string& confirmation) {
    return Load(std::string(kGood) + "deployment_confirmation {" + confirmation + "}");
  };
  const auto config = load("tenants: \"acme\" tenants: \"shop\" patience { seconds: 600 }");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->deployment.tenants, ElementsAre("acme", "shop"));
  EXPECT_EQ(config->deployment.patience, absl::Minutes(10));
  EXPECT_THAT(std::string(load("tenants: \"\"").status().message()),
              StartsWith("deployment_confirmation.tenants[0]: "));
  for (const char* patience : {"seconds: 59", "seconds: 604801", "seconds: 600 nanos: 1"}) {
    const auto wrong = load("patience {" + std::string(patience) + "}");
    EXPECT_THAT(std::string(wrong.status().message()),
                StartsWith("deployment_confirmation.patience: "));
  }
}

TEST_F(ConfigTest, RevokesNothingAtATakeoverUnlessToldTo) {
  const auto load = [&](const std::string& policy) {
    return Load(std::string(kGood) + "takeover_revocation: " + policy);
  };
  const auto unset = Load(kGood);
  ASSERT_TRUE(unset.ok()) << unset.status();
  EXPECT_EQ(unset->takeover_revocation, TakeoverRevocation::kNone);
  const auto none = load("TAKEOVER_REVOCATION_NONE");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->takeover_revocation, TakeoverRevocation::kNone);
  const auto revoke = load("TAKEOVER_REVOCATION_REVOKE");
  ASSERT_TRUE(revoke.ok()) << revoke.status();
  EXPECT_EQ(revoke->takeover_revocation, TakeoverRevocation::kRevoke);
  EXPECT_THAT(std::string(load("9").status().message()), StartsWith("takeover_revocation: "));
}

constexpr char kSecondAuthority[] = R"(
certificate_authorities {
  name: "second" directory_url: "https://b.example/dir"
  caa_identities: "b.example" caa_identities: "old.b.example"
  limits { scope: SCOPE_REGISTERED_DOMAIN count: 50 window { seconds: 604800 } }
  limits { scope: SCOPE_ACCOUNT count: 300 window { seconds: 10800 } }
  authorization_lifetime { seconds: 86400 }
  profile_authorization_lifetimes { key: "tlsserver" value { seconds: 3600 } }
})";

TEST_F(ConfigTest, KeepsCertificateAuthoritiesInTheirOrderWithTheirRules) {
  const auto config = Load(std::string(kGood) + kSecondAuthority);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->certificate_authorities.size(), 2U);
  EXPECT_EQ(config->certificate_authorities[0].name, "ca");
  EXPECT_TRUE(config->certificate_authorities[0].limits.empty());
  const Config::CertificateAuthority& second = config->certificate_authorities[1];
  EXPECT_EQ(second.name, "second");
  EXPECT_THAT(second.caa_identities, ElementsAre("b.example", "old.b.example"));
  EXPECT_THAT(second.limits,
              ElementsAre(CaLimit{LimitScope::kRegisteredDomain, 50, absl::Hours(168)},
                          CaLimit{LimitScope::kAccount, 300, absl::Hours(3)}));
  EXPECT_EQ(second.authorization_lifetime, absl::Hours(24));
  EXPECT_THAT(second.profile_authorization_lifetimes,
              ElementsAre(Pair("tlsserver", absl::Hours(1))));
  EXPECT_EQ(config->certificate_authorities[0].authorization_lifetime, absl::InfiniteDuration());
}

class SecondAuthorityFaultTest : public ConfigTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(SecondAuthorityFaultTest, IsNamedByItsField) {
  std::string text = std::string(kGood) + kSecondAuthority;
  const std::size_t at = text.rfind(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  const auto config = Load(text.replace(at, std::string(GetParam().from).size(), GetParam().to));
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(std::string(config.status().message()),
              StartsWith(std::string("certificate_authorities[1].") + GetParam().field + ": "));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, SecondAuthorityFaultTest,
    ::testing::Values(Fault{"name: \"second\"", "name: \"ca\"", "name"},
                      Fault{"\"b.example\"", "\"B.example\"", "caa_identities[0]"},
                      Fault{"\"b.example\"", "\"example\"", "caa_identities[0]"},
                      Fault{"scope: SCOPE_ACCOUNT", "", "limits[1].scope"},
                      Fault{"count: 300", "", "limits[1].count"},
                      Fault{"count: 300", "count: 1000001", "limits[1].count"},
                      Fault{"seconds: 10800", "", "limits[1].window"},
                      Fault{"seconds: 10800", "seconds: 2678401", "limits[1].window"},
                      Fault{"seconds: 86400", "seconds: 59", "authorization_lifetime"},
                      Fault{"seconds: 86400", "seconds: 2678401", "authorization_lifetime"},
                      Fault{"seconds: 3600", "nanos: 1",
                            "profile_authorization_lifetimes[\"tlsserver\"]"}));

TEST_F(ConfigTest, NeedsACertificateAuthority) {
  std::string text = kGood;
  const std::size_t from = text.find("certificate_authorities");
  const auto config = Load(text.erase(from, text.find("agreement") - from));
  EXPECT_THAT(std::string(config.status().message()), StartsWith("certificate_authorities: "));
}

}  // namespace
}  // namespace cert
