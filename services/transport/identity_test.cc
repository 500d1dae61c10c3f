#include "transport/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace transport {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

const IdentityRules kRules{.trust_domain = "padlock",
                           .mapped = {{.name = "billing.internal",
                                       .tenant = "acme",
                                       .perspective = "",
                                       .roles = {Role::kReader, Role::kKeyReader}},
                                      {.name = "spiffe://other.example/ns/shop",
                                       .tenant = "shop",
                                       .perspective = "",
                                       .roles = {Role::kOperator}}}};

struct KnownCase {
  const char* name;
  PeerNames names;
  Identity expected;
};

class KnownIdentityTest : public ::testing::TestWithParam<KnownCase> {};

TEST_P(KnownIdentityTest, IsReadFromTheCertificatesNames) {
  EXPECT_THAT(ParseIdentity(GetParam().names, kRules), IsOkAndHolds(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Identity, KnownIdentityTest,
    ::testing::Values(
        KnownCase{"TenantsOperator",
                  {.uris = {"spiffe://padlock/tenant/acme/operator"}, .dns_names = {}},
                  {"spiffe://padlock/tenant/acme/operator", "acme", "", {Role::kOperator}}},
        KnownCase{"TenantsKeyReader",
                  {.uris = {"spiffe://padlock/tenant/acme/key-reader"}, .dns_names = {}},
                  {"spiffe://padlock/tenant/acme/key-reader", "acme", "", {Role::kKeyReader}}},
        KnownCase{"ProbeWithAForeignDnsName",
                  {.uris = {"spiffe://padlock/probe/eu-1"}, .dns_names = {"probe.internal"}},
                  {"spiffe://padlock/probe/eu-1", "", "eu-1", {Role::kProbe}}},
        KnownCase{
            "MappedDnsName", {.uris = {}, .dns_names = {"billing.internal"}}, kRules.mapped[0]},
        KnownCase{"MappedUri",
                  {.uris = {"spiffe://other.example/ns/shop"}, .dns_names = {}},
                  kRules.mapped[1]}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct UnknownCase {
  const char* name;
  PeerNames names;
};

class UnknownIdentityTest : public ::testing::TestWithParam<UnknownCase> {};

TEST_P(UnknownIdentityTest, IsDenied) {
  EXPECT_THAT(ParseIdentity(GetParam().names, kRules),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

UnknownCase Uri(const char* name, const char* uri) {
  return {name, {.uris = {uri}, .dns_names = {}}};
}

INSTANTIATE_TEST_SUITE_P(
    Identity, UnknownIdentityTest,
    ::testing::Values(
        UnknownCase{"NoNames", {}}, Uri("AnotherTrustDomain", "spiffe://evil/tenant/acme/admin"),
        Uri("TrustDomainAsPrefix", "spiffe://padlock.evil/tenant/acme/admin"),
        Uri("UnknownRole", "spiffe://padlock/tenant/acme/root"),
        Uri("ProbeAsTenantsRole", "spiffe://padlock/tenant/acme/probe"),
        Uri("NoRole", "spiffe://padlock/tenant/acme"),
        Uri("EmptyTenant", "spiffe://padlock/tenant//admin"),
        Uri("DotSegment", "spiffe://padlock/tenant/../admin"),
        Uri("EscapedTenant", "spiffe://padlock/tenant/a%2fb/admin"),
        Uri("LongerPath", "spiffe://padlock/probe/eu-1/extra"),
        Uri("TrailingSlash", "spiffe://padlock/probe/eu-1/"),
        UnknownCase{"DnsNameInUpperCase", {.uris = {}, .dns_names = {"BILLING.internal"}}},
        UnknownCase{"TwoIdentities",
                    {.uris = {"spiffe://padlock/tenant/a/admin", "spiffe://padlock/tenant/b/admin"},
                     .dns_names = {}}},
        UnknownCase{"SpiffeIdAndMappedName",
                    {.uris = {"spiffe://padlock/probe/eu-1"}, .dns_names = {"billing.internal"}}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(DescribeTest, ShowsNamesInOneBoundedLine) {
  EXPECT_EQ(Describe({}), "");
  EXPECT_EQ(Describe({.uris = {"spiffe://elsewhere/a"}, .dns_names = {"a.example", "b.example"}}),
            "spiffe://elsewhere/a a.example b.example");
  EXPECT_EQ(Describe({.uris = {"a\nb\xc3\xa9"}}), "a?b??");
  const std::string long_name =
      Describe({.uris = std::vector<std::string>(1000, std::string(1000, 'a'))});
  EXPECT_EQ(long_name, std::string(253, 'a') + "...");
}

TEST(SegmentTest, IsOfTheCharactersOfSpiffeIds) {
  for (const char* text : {"acme", "ACME-1.eu_west", "...", "-"}) EXPECT_TRUE(IsSegment(text));
  EXPECT_TRUE(IsSegment(std::string(64, 'a')));
  EXPECT_FALSE(IsSegment(std::string(65, 'a')));
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
        std::string("a\n"), std::string("a\0b", 3), std::string("\xc3\xa9")}) {
    EXPECT_FALSE(IsSegment(text)) << text;
  }
}

TEST(IdentityTest, EachRoleMayDoWhatItSays) {
  using enum Role;
  const auto may = [](Role held, Role asked) { return Identity{"", "", "", {held}}.May(asked); };
  for (const Role held : {kReader, kOperator, kKeyReader, kAdmin}) {
    EXPECT_TRUE(may(held, kReader));
    EXPECT_FALSE(may(held, kProbe));
  }
  EXPECT_FALSE(may(kReader, kOperator));
  EXPECT_FALSE(may(kOperator, kKeyReader));
  EXPECT_FALSE(may(kKeyReader, kOperator));
  EXPECT_FALSE(may(kOperator, kAdmin));
  EXPECT_TRUE(may(kAdmin, kKeyReader));
  EXPECT_TRUE(may(kAdmin, kOperator));
  EXPECT_FALSE(may(kProbe, kReader));
  EXPECT_TRUE(may(kProbe, kProbe));
}

}  // namespace
}  // namespace transport
