#include "cert/app/resource_name.h"

#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

constexpr char kToken[] = "abcdefghijklmnopqrstuvwx23";

TEST(ResourceNameTest, IsReadBackAsItWasFormatted) {
  const TenantId tenant("acme-1.eu_west");
  const DomainId domain(std::string("dom_") + kToken);
  const CertificateId certificate(std::string("crt_") + kToken);
  EXPECT_THAT(ParseParent("tenants/acme-1.eu_west"), IsOkAndHolds(tenant));
  EXPECT_THAT(ParseDomainName(FormatName(tenant, domain)),
              IsOkAndHolds(DomainName{tenant, domain}));
  EXPECT_THAT(ParseCertificateName(FormatName(tenant, certificate)),
              IsOkAndHolds(CertificateName{tenant, certificate}));
}

TEST(ResourceNameTest, OfAnOrderAndAnIssuanceLiesBelowTheCertificate) {
  const CertificateName certificate{TenantId("a"), CertificateId("crt_x")};
  EXPECT_EQ(FormatName(certificate, OrderId("ord_y")), "tenants/a/certificates/crt_x/orders/ord_y");
  EXPECT_EQ(FormatName(certificate, IssuanceId("iss_z")),
            "tenants/a/certificates/crt_x/issuances/iss_z");
}

class BadParentTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadParentTest, IsRefused) {
  EXPECT_THAT(ParseParent(GetParam()), StatusIs(absl::StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(Names, BadParentTest,
                         ::testing::Values("", "tenants", "tenants/", "tenants/.", "tenants/..",
                                           "tenants/a/", "tenants/a/b", "/tenants/a", "tenant/a",
                                           "tenants/a b", "tenants/a\n", "tenants/\xc3\xa9",
                                           "tenants/" + std::string(65, 'a'),
                                           std::string("tenants/a\0b", 11)));

class BadDomainNameTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadDomainNameTest, IsRefused) {
  EXPECT_THAT(ParseDomainName(GetParam()), StatusIs(absl::StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(Names, BadDomainNameTest,
                         ::testing::Values("", "tenants/a", "tenants/a/domains/",
                                           "tenants/a/domains/shop.example.com",
                                           std::string("tenants/a/domains/crt_") + kToken,
                                           std::string("tenants/a/certificates/dom_") + kToken,
                                           std::string("tenants/a/domains/dom_") + kToken + "x",
                                           std::string("tenants/a/domains/dom_") + kToken + "/",
                                           "tenants/a/domains/dom_ABCDEFGHIJKLMNOPQRSTUVWX23",
                                           "tenants/a/domains/dom_abcdefghijklmnopqrstuvwx01"));

TEST(ResourceNameTest, OfACertificateNeedsACertificatesId) {
  EXPECT_THAT(ParseCertificateName(std::string("tenants/a/certificates/dom_") + kToken),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cert
