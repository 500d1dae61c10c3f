// What the owner of a certificate is told when the CA refuses: whose turn it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::testing::HasSubstr;

struct Refused {
  std::string name;
  AcmeCall call;
  std::string type;
  FindingCode code;
};

class CaFindingsTest : public ReconcileTest, public ::testing::WithParamInterface<Refused> {};

TEST_P(CaFindingsTest, NamesWhatTheCaRefuses) {
  ca_.Refuse(GetParam().call, {.type = "urn:ietf:params:acme:error:" + GetParam().type,
                               .detail = "the CA's own words",
                               .http_status = 403});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return CertificateOf(domain).finding.has_value(); }));
  const Finding finding = *CertificateOf(domain).finding;
  EXPECT_EQ(FindingCodeName(finding.code), std::string(FindingCodeName(GetParam().code)));
  EXPECT_THAT(finding.sentence, HasSubstr("\"the CA's own words\""));
}

INSTANTIATE_TEST_SUITE_P(
    Calls, CaFindingsTest,
    ::testing::Values(Refused{"BindingMissing", AcmeCall::kNewAccount, "externalAccountRequired",
                              FindingCode::kCaWantsExternalAccount},
                      Refused{"BindingWrong", AcmeCall::kNewAccount, "unauthorized",
                              FindingCode::kCaRefusesExternalAccount},
                      Refused{"AccountDeactivated", AcmeCall::kNewOrder, "unauthorized",
                              FindingCode::kCaAccountRefused},
                      Refused{"AccountDeactivatedMeanwhile", AcmeCall::kGetAuthorization,
                              "unauthorized", FindingCode::kCaAccountRefused},
                      Refused{"NameBlocked", AcmeCall::kNewOrder, "rejectedIdentifier",
                              FindingCode::kNameBlocked},
                      Refused{"TermsChanged", AcmeCall::kNewOrder, "userActionRequired",
                              FindingCode::kCaWantsAction},
                      Refused{"RateLimited", AcmeCall::kNewOrder, "rateLimited",
                              FindingCode::kCaLimitReached},
                      Refused{"BadCsr", AcmeCall::kFinalize, "badCSR", FindingCode::kCaRefused}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace cert
