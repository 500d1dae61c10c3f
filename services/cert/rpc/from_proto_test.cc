#include "cert/rpc/from_proto.h"

#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/rpc/page_token.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;

MATCHER_P(IsInvalid, field, "is INVALID_ARGUMENT about the field") {
  return arg.status().code() == absl::StatusCode::kInvalidArgument &&
         std::string(arg.status().message()).starts_with(std::string(field) + ": ");
}

TEST(CreateDomainFromProtoTest, TakesOnlyWhatCallersMaySet) {
  pb::CreateDomainRequest request;
  request.set_parent("tenants/acme");
  request.mutable_domain()->set_hostname("shop.example.com");
  request.mutable_domain()->set_wildcard(true);
  request.mutable_domain()->set_state(pb::Domain::STATE_ACTIVE);
  request.set_request_id("Order 17 ~");
  const auto input = FromProto(request);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->parent, "tenants/acme");
  EXPECT_EQ(input->hostname, "shop.example.com");
  EXPECT_TRUE(input->wildcard);
  EXPECT_EQ(input->idempotency_key, "Order 17 ~");
}

TEST(CreateDomainFromProtoTest, BoundsTheRequestId) {
  pb::CreateDomainRequest request;
  request.set_request_id(std::string(64, 'x'));
  EXPECT_TRUE(FromProto(request).ok());
  for (const std::string& id : {std::string(65, 'x'), std::string("a\nb"), std::string("\x7f"),
                                std::string("\xc3\xa9"), std::string("a\0", 2)}) {
    request.set_request_id(id);
    EXPECT_THAT(FromProto(request), IsInvalid("request_id"));
  }
}

TEST(CreateCertificateFromProtoTest, BoundsTheNumberOfNames) {
  pb::CreateCertificateRequest request;
  for (int i = 0; i < 1000; ++i) request.add_names("shop.example.com");
  EXPECT_EQ(FromProto(request)->names.size(), 1000U);
  request.add_names();
  EXPECT_EQ(FromProto(request).status(), absl::InvalidArgumentError("names: are more than 1000"));
}

TEST(CertificateSettingsFromProtoTest, BoundTheNumberOfAuthorities) {
  pb::CreateCertificateRequest request;
  pb::CertificateSettings& settings = *request.mutable_certificate_settings();
  for (int i = 0; i < 100; ++i) settings.add_certificate_authorities("first");
  EXPECT_TRUE(FromProto(request).ok());
  settings.add_certificate_authorities();
  EXPECT_EQ(FromProto(request).status(),
            absl::InvalidArgumentError(
                "certificate_settings.certificate_authorities: are more than 100"));
}

TEST(ListFromProtoTest, BoundsThePageSize) {
  pb::ListDomainsRequest request;
  EXPECT_EQ(FromProto(request)->page.size, 50);
  request.set_page_size(500);
  EXPECT_EQ(FromProto(request)->page.size, 500);
  for (const int size : {-1, 501}) {
    request.set_page_size(size);
    EXPECT_THAT(FromProto(request), IsInvalid("page_size"));
  }
}

TEST(ListFromProtoTest, TakesATokenOnlyForTheSameList) {
  pb::ListCertificatesRequest request;
  request.set_parent("tenants/acme");
  request.set_page_token(MakePageToken(ListOf(request), "crt_a"));
  EXPECT_EQ(FromProto(request)->page.after_id, "crt_a");
  request.set_state(pb::Certificate::STATE_ACTIVE);
  EXPECT_THAT(FromProto(request), IsInvalid("page_token"));
}

TEST(ListFromProtoTest, TakesATokenOnlyForTheSameDomains) {
  pb::ListDomainsRequest all;
  all.set_parent("tenants/acme");
  // As replicas of before write it.
  all.set_page_token(MakePageToken("domains tenants/acme", "dom_a"));
  EXPECT_EQ(FromProto(all)->page.after_id, "dom_a");
  EXPECT_EQ(ListOf(all), "domains tenants/acme");
  pb::ListDomainsRequest failed = all;
  failed.set_state(pb::Domain::STATE_FAILED);
  EXPECT_THAT(FromProto(failed), IsInvalid("page_token"));
  failed.set_page_token(MakePageToken(ListOf(failed), "dom_a"));
  EXPECT_EQ(FromProto(failed)->page.after_id, "dom_a");
  failed.set_hostname("shop.example.com");
  EXPECT_THAT(FromProto(failed), IsInvalid("page_token"));
}

TEST(ListFromProtoTest, KnowsEveryStateOfDomainsThatAreListed) {
  pb::ListDomainsRequest request;
  EXPECT_EQ(FromProto(request)->filter.state, std::nullopt);
  for (int state = 1; state <= pb::Domain::State_MAX; ++state) {
    if (state == pb::Domain::STATE_DELETING) continue;
    request.set_state(static_cast<pb::Domain::State>(state));
    const auto list = FromProto(request);
    ASSERT_TRUE(list.ok()) << state;
    EXPECT_EQ(pb::Domain::State_Name(request.state()),
              std::string("STATE_") + StateName(*list->filter.state));
  }
  for (const int state : {static_cast<int>(pb::Domain::STATE_DELETING), 99}) {
    request.set_state(static_cast<pb::Domain::State>(state));
    EXPECT_THAT(FromProto(request), IsInvalid("state"));
  }
}

TEST(ListFromProtoTest, KnowsEveryStateOfCertificates) {
  pb::ListCertificatesRequest request;
  EXPECT_EQ(FromProto(request)->state, std::nullopt);
  for (int state = 1; state <= pb::Certificate::State_MAX; ++state) {
    if (state == pb::Certificate::STATE_PENDING_DEPLOYMENT) continue;
    request.set_state(static_cast<pb::Certificate::State>(state));
    const auto list = FromProto(request);
    ASSERT_TRUE(list.ok()) << state;
    EXPECT_EQ(pb::Certificate::State_Name(request.state()),
              std::string("STATE_") + StateName(*list->state));
  }
  request.set_state(pb::Certificate::STATE_PENDING_DEPLOYMENT);  // listed as active
  EXPECT_THAT(FromProto(request), IsInvalid("state"));
  request.set_state(static_cast<pb::Certificate::State>(99));
  EXPECT_THAT(FromProto(request), IsInvalid("state"));
}

TEST(ViewTest, IsBasicUnlessFull) {
  EXPECT_THAT(WantsEvidence(pb::DOMAIN_VIEW_UNSPECIFIED), IsOkAndHolds(false));
  EXPECT_THAT(WantsEvidence(pb::DOMAIN_VIEW_FULL), IsOkAndHolds(true));
  EXPECT_THAT(WantsEvidence(pb::CERTIFICATE_VIEW_FULL), IsOkAndHolds(true));
  EXPECT_THAT(WantsEvidence(static_cast<pb::DomainView>(7)), IsInvalid("view"));
  EXPECT_THAT(WantsEvidence(static_cast<pb::CertificateView>(7)), IsInvalid("view"));
}

}  // namespace
}  // namespace cert
