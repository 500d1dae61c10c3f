#include "probe/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"

namespace probe {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kMinimal[] = R"(
perspective: "eu-1"
coordinator { hosts: "cert.example.net" port: 7443 }
tls { ca_file: "ca.pem" certificate_file: "probe.pem" private_key_file: "/etc/probe.key" }
admin { address: "127.0.0.1" port: 7481 }
root_servers { name: "a.root-servers.net" address: "198.41.0.4" }
)";

class ProbeConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<Config> Read(const std::string& text) {
    return ReadConfig(directory_.Write("probe.textproto", text));
  }

  const base::testing::TempDirectory directory_;
};

TEST_F(ProbeConfigTest, FillsInTheDefaults) {
  const auto config = Read(kMinimal);
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->perspective, "eu-1");
  EXPECT_EQ(config->coordinator.tls_server_name, "cert.example.net");
  EXPECT_EQ(config->tls.ca_file, directory_.path() + "ca.pem");
  EXPECT_EQ(config->tls.private_key_file, "/etc/probe.key");
  EXPECT_EQ(config->resolver.authoritative_port, 53);
  EXPECT_EQ(config->resolver.http_port, 80);
  EXPECT_EQ(config->resolver.https_port, 443);
  EXPECT_EQ(config->resolver.capacity, 1000);
  EXPECT_EQ(config->resolver.query_timeout, absl::Seconds(2));
  EXPECT_EQ(config->resolver.desk.resolver_limit, (RateLimit{.per_second = 100, .burst = 20}));
  EXPECT_EQ(config->resolver.desk.nameserver_limit, (RateLimit{.per_second = 100, .burst = 100}));
  EXPECT_TRUE(config->resolver.watch.question.name.IsRoot());
}

TEST_F(ProbeConfigTest, ReadsEverySetting) {
  const auto config = Read(std::string(kMinimal) + R"(
    # Older files say who runs a resolver, which is passed over.
    resolvers { name: "one" operator: "One" endpoint { address: "2001:db8::1" port: 5353 } }
    resolvers { name: "two" endpoint { address: "192.0.2.2" } }
    authoritative_port: 5300
    http_port: 5002
    https_port: 5001
    allowed_private_ranges: "127.0.0.0/8"
    capacity: 7
    query_timeout { nanos: 500000000 }
    resolver_limit { queries_per_second: 30 burst: 5 }
    nameserver_limit { queries_per_second: 40 }
    signed_zone: "signed.example.")");
  ASSERT_THAT(config, IsOk());
  const ResolverPool::Options& resolver = config->resolver;
  ASSERT_EQ(resolver.resolvers.size(), 2U);
  EXPECT_EQ(resolver.resolvers[0].port, 5353);
  EXPECT_EQ(resolver.resolvers[1].port, 53);
  EXPECT_EQ(resolver.authoritative_port, 5300);
  EXPECT_EQ(resolver.http_port, 5002);
  EXPECT_EQ(resolver.https_port, 5001);
  EXPECT_THAT(resolver.allowed_private_ranges, ElementsAre("127.0.0.0/8"));
  EXPECT_EQ(resolver.capacity, 7);
  EXPECT_EQ(resolver.query_timeout, absl::Milliseconds(500));
  EXPECT_EQ(resolver.desk.resolver_limit, (RateLimit{.per_second = 30, .burst = 5}));
  EXPECT_EQ(resolver.desk.nameserver_limit, (RateLimit{.per_second = 40, .burst = 40}));
  EXPECT_EQ(resolver.watch.question.name.ToString(), "signed.example");
}

TEST_F(ProbeConfigTest, SaysWhereTheTextIsNotTextFormat) {
  const absl::Status status = Read("perspective: \"eu\"\nnonsense: 1\n").status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(status.ToString(), HasSubstr("probe.textproto:2:"));
  EXPECT_THAT(status.ToString(), HasSubstr("nonsense"));
}

TEST_F(ProbeConfigTest, SaysThatTheFileIsNotThere) {
  EXPECT_THAT(ReadConfig(directory_.path() + "none"), StatusIs(absl::StatusCode::kNotFound));
}

struct BadCase {
  const char* name;
  std::string from;  // in kMinimal; empty: appended
  std::string to;
  std::string expected;
};

class BadProbeConfigTest : public ProbeConfigTest, public ::testing::WithParamInterface<BadCase> {};

TEST_P(BadProbeConfigTest, IsRefusedWithTheFieldsName) {
  std::string text = kMinimal;
  const std::size_t at = GetParam().from.empty() ? text.size() : text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().from.size(), GetParam().to);
  const absl::Status status = Read(text).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(status.message()), StartsWith(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadProbeConfigTest,
    ::testing::Values(
        BadCase{"NoPerspective", "\"eu-1\"", "\"\"", "perspective: is required"},
        BadCase{"PerspectiveWithASlash", "eu-1", "eu/1", "perspective: must be"},
        BadCase{"NoHost", "cert.example.net", "", "coordinator.hosts: is required"},
        BadCase{"NoPort", "port: 7443", "", "coordinator.port: must be"},
        BadCase{"NoCa", "ca.pem", "", "tls.ca_file: is required"},
        BadCase{"AdminName", "\"127.0.0.1\"", "\"localhost\"", "admin.address: \"localhost\""},
        BadCase{"AdminPort", "7481", "70000", "admin.port: must be"},
        BadCase{"NoRoots", "root_servers { name: \"a.root-servers.net\" address: \"198.41.0.4\" }",
                "", "root_servers: is required"},
        BadCase{"RootAddress", "198.41.0.4", "a.root", "root_servers[0].address: \"a.root\""},
        BadCase{"ResolverWithoutName", "", "resolvers { endpoint { address: \"192.0.2.1\" } }",
                "resolvers[0].name: is required"},
        BadCase{"ResolverTwice", "",
                "resolvers { name: \"r\" endpoint { address: \"192.0.2.1\" } }"
                "resolvers { name: \"r\" endpoint { address: \"192.0.2.2\" } }",
                "resolvers[1].name: is there twice"},
        BadCase{"Range", "", "allowed_private_ranges: \"10/8\"",
                "allowed_private_ranges[0]: \"10/8\""},
        BadCase{"HttpPort", "", "http_port: 65536", "http_port: must be"},
        BadCase{"HttpsPort", "", "https_port: 65536", "https_port: must be"},
        BadCase{"Capacity", "", "capacity: 1000000", "capacity: must be at most"},
        BadCase{"NoRate", "", "resolver_limit { burst: 5 }",
                "resolver_limit.queries_per_second: must be"},
        BadCase{"Burst", "", "nameserver_limit { queries_per_second: 5 burst: 1000001 }",
                "nameserver_limit.burst: must be"},
        BadCase{"SignedZone", "", "signed_zone: \"a..b\"", "signed_zone: \"a..b\""},
        BadCase{"QueryTimeout", "", "query_timeout {}", "query_timeout: must be from 10ms"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace probe
