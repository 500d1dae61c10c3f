// What checks saw as a caller sees it: a decision on each record, in lists too, and everything on
// request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cert/core/proof.h"
#include "cert/rpc/testing/api_fixture.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::base::testing::IsOk;
using ::testing::UnorderedElementsAre;
using namespace ::cert::testing;  // NOLINT: the fixture
using DomainStub = pb::DomainService::Stub;

const TenantId kShownTenant{"acme"};

class EvidenceSuite : public ApiFixture {
 protected:
  // A certificate of these names whose customers create the tokens.
  CertificateId CreateCertificate(const std::vector<std::string>& names) {
    pb::CreateCertificateRequest request;
    request.set_parent("tenants/acme");
    for (const std::string& name : names) request.add_names(name);
    request.set_method(pb::Domain::METHOD_TXT);
    pb::Certificate made;
    EXPECT_TRUE(Call(*As("acme", "operator").certificates,
                     &pb::CertificateService::Stub::CreateCertificate, request, made)
                    .ok());
    return CertificateId(made.name().substr(made.name().rfind('/') + 1));
  }

  // Every claim was seen, and of the tokens of the certificate's order that for `there`.
  static absl::Status StoreChecks(Transaction& transaction, const CertificateId& id,
                                  const std::string& there) {
    const absl::Time now = transaction.now();
    Certificate certificate = *transaction.GetCertificate(id);
    Order order{.tenant = kShownTenant,
                .id = OrderId("ord_1"),
                .certificate = id,
                .ca = "first",
                .names = certificate.names,
                .progress = {.state = OrderState::kPropagating, .start_time = now, .due_time = now},
                .intent_time = now};
    EvidenceRecord tokens{.time = now, .decision = "DISAGREED"};
    for (const DomainId& domain_id : certificate.domains) {
      Domain domain = *transaction.GetDomain(domain_id);
      const Question claim = ProofQuestions(domain).front();
      EvidenceRecord proof{.time = now, .decision = "AGREED", .answers = {Seen(claim, true)}};
      RETURN_IF_ERROR(transaction.PutEvidence(domain_id.text(), proof).status());
      domain.check_time = now;
      RETURN_IF_ERROR(transaction.UpdateDomain(domain));
      const Authorization& awaited =
          order.authorizations.emplace_back(Authorization{.identifier = domain.hostname,
                                                          .txt_value = "of " + domain.hostname,
                                                          .domain = domain_id,
                                                          .method = ValidationMethod::kTxt});
      tokens.answers.push_back(Seen(TokenQuestion(awaited), domain.hostname == there));
    }
    RETURN_IF_ERROR(transaction.InsertOrder(order));
    RETURN_IF_ERROR(transaction.PutEvidence(order.id.text(), tokens).status());
    certificate.order = order.id;
    return transaction.UpdateCertificate(certificate);
  }

  static Answer Seen(const Question& question, bool there) {
    View view = there ? Agrees(question) : Disagrees(observation::Outcome::kNoSuchName);
    view.perspective = "ams";
    return {.question = question, .views = {view}};
  }

  // The decisions on the records of each domain.
  static std::string DecisionsOf(const pb::Domain& domain) {
    std::string decisions;
    for (const pb::RequiredRecord& record : domain.records()) {
      decisions += pb::CheckAttempt::Decision_Name(record.decision()) + " ";
    }
    return decisions;
  }
};

TEST_F(EvidenceSuite, AListDecidesOnTheTokensOfEachDomainByTheirCommonOrder) {
  const CertificateId id = CreateCertificate({"a.test", "b.test"});
  ASSERT_THAT(
      store_->Write(kShownTenant, [&](Transaction& it) { return StoreChecks(it, id, "b.test"); }),
      IsOk());
  const pb::Domain unchecked = Create("c.test");
  pb::ListDomainsRequest request;
  request.set_parent("tenants/acme");
  pb::ListDomainsResponse listed;
  DomainStub& reader = *As("acme", "reader").domains;
  ASSERT_TRUE(Call(reader, &DomainStub::ListDomains, request, listed).ok());
  std::vector<std::string> seen;
  for (const pb::Domain& domain : listed.domains()) {
    seen.push_back(domain.hostname() + " " + DecisionsOf(domain));
    EXPECT_FALSE(domain.has_latest_check());
  }
  EXPECT_THAT(seen, UnorderedElementsAre("a.test DECISION_AGREED DECISION_DISAGREED ",
                                         "b.test DECISION_AGREED DECISION_AGREED ",
                                         "c.test DECISION_UNSPECIFIED DECISION_UNSPECIFIED "));
}

TEST_F(EvidenceSuite, OneDomainShowsEverythingOnRequest) {
  const CertificateId id = CreateCertificate({"a.test"});
  ASSERT_THAT(
      store_->Write(kShownTenant, [&](Transaction& it) { return StoreChecks(it, id, "a.test"); }),
      IsOk());
  pb::GetDomainRequest request;
  request.set_name("tenants/acme/domains/" + Query("SELECT id FROM padlock.domains"));
  DomainStub& reader = *As("acme", "reader").domains;
  pb::Domain domain;
  ASSERT_TRUE(Call(reader, &DomainStub::GetDomain, request, domain).ok());
  EXPECT_EQ(DecisionsOf(domain), "DECISION_AGREED DECISION_AGREED ");
  EXPECT_FALSE(domain.has_latest_check());
  request.set_view(pb::DOMAIN_VIEW_FULL);
  ASSERT_TRUE(Call(reader, &DomainStub::GetDomain, request, domain).ok());
  EXPECT_EQ(DecisionsOf(domain), "DECISION_AGREED DECISION_AGREED ");
  ASSERT_EQ(domain.latest_check().records_size(), 1);
  EXPECT_EQ(domain.latest_check().records(0).views(0).observations_size(), 2);
}

}  // namespace
}  // namespace cert
