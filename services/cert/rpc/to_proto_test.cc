#include "cert/rpc/to_proto.h"

#include <gtest/gtest.h>

#include "cert/core/findings.h"
#include "cert/core/proof.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::observation::Observation;
using ::observation::Outcome;
using ::observation::ServerRole;
using ::observation::Vote;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const AgreementPolicy kPolicy{.recursive_quorum = 1,
                              .perspectives = {{.name = "ams", .region = ""}}};

Domain SomeDomain() {
  return {.tenant = TenantId("acme"),
          .id = DomainId("dom_a"),
          .hostname = "shop.test",
          .claim_value = "padlock-verify=x",
          .delegation_target = "shop.test.id.dcv.test",
          .canary_value = "padlock-canary=y",
          .certificate = CertificateId("crt_a"),
          .progress = {.state = DomainState::kPending, .start_time = kNow, .due_time = kNow},
          .create_time = kNow};
}

Observation Says(Vote vote, ServerRole role) {
  Observation observation;
  observation.role = role;
  observation.server = "ns1.shop.test";
  observation.address = "192.0.2.1";
  observation.zone = "shop.test";
  observation.vote = vote;
  observation.outcome = vote == Vote::kAgree ? Outcome::kMatch : Outcome::kNoSuchName;
  observation.values = {"a\\000b"};
  return observation;
}

// The claim is there, the delegation is not.
EvidenceRecord HalfDone(const Domain& domain) {
  EvidenceRecord evidence{.attempt = 4, .time = kNow, .decision = "DISAGREED"};
  for (const Question& question : ProofQuestions(domain)) {
    const bool is_claim = question.expected_values[0] == domain.claim_value;
    const Vote vote = is_claim ? Vote::kAgree : Vote::kDisagree;
    evidence.answers.push_back({.question = question,
                                .views = {{.perspective = "ams",
                                           .worker = "w1",
                                           .observations = {Says(vote, ServerRole::kAuthoritative),
                                                            Says(vote, ServerRole::kRecursive)},
                                           .failure = ""}}});
  }
  return evidence;
}

// As the use case makes them.
DomainDetails DetailsOf(const Domain& domain,
                        const std::optional<EvidenceRecord>& evidence = std::nullopt) {
  DomainDetails details{.domain = domain, .evidence = evidence};
  for (const RequiredRecord& record : RequiredRecords(domain)) {
    details.records.push_back({.record = record});
    if (!evidence) continue;
    details.records.back().decision = DecisionOn(record, evidence->answers, kPolicy);
  }
  return details;
}

TEST(DomainToProtoTest, ShowsTheRecordsToCreateBeforeTheFirstCheck) {
  const pb::Domain domain = ToProto(DetailsOf(SomeDomain()), kPolicy);
  EXPECT_EQ(domain.name(), "tenants/acme/domains/dom_a");
  EXPECT_EQ(domain.certificate(), "tenants/acme/certificates/crt_a");
  ASSERT_EQ(domain.records_size(), 2);
  EXPECT_EQ(domain.records(0).purpose(), pb::RequiredRecord::PURPOSE_CLAIM);
  EXPECT_EQ(domain.records(0).name(), "_padlock.shop.test");
  EXPECT_EQ(domain.records(1).type(), "CNAME");
  EXPECT_EQ(domain.records(1).decision(), pb::CheckAttempt::DECISION_UNSPECIFIED);
  EXPECT_FALSE(domain.has_latest_check());
  EXPECT_FALSE(domain.has_prove_time());
  EXPECT_FALSE(domain.has_finding());
  EXPECT_EQ(domain.next_action().time().seconds(), absl::ToUnixSeconds(kNow));
}

TEST(DomainToProtoTest, DecidesEachRecordByTheLatestCheck) {
  const Domain record = SomeDomain();
  DomainDetails details = DetailsOf(record, HalfDone(record));
  details.evidence.reset();
  const pb::Domain domain = ToProto(details, kPolicy);
  EXPECT_EQ(domain.records(0).decision(), pb::CheckAttempt::DECISION_AGREED);
  EXPECT_EQ(domain.records(1).decision(), pb::CheckAttempt::DECISION_DISAGREED);
  EXPECT_FALSE(domain.has_latest_check());
}

TEST(DomainToProtoTest, ShowsWhatEveryServerSaidInTheFullView) {
  const Domain record = SomeDomain();
  const pb::Domain domain = ToProto(DetailsOf(record, HalfDone(record)), kPolicy);
  const pb::CheckAttempt& check = domain.latest_check();
  EXPECT_EQ(check.attempt(), 4);
  EXPECT_EQ(check.decision(), pb::CheckAttempt::DECISION_DISAGREED);
  ASSERT_EQ(check.records_size(), 3);
  EXPECT_EQ(check.records(1).type(), "CNAME");
  EXPECT_EQ(check.records(1).expected_values(0), "shop.test.id.dcv.test");
  const pb::PerspectiveView& view = check.records(1).views(0);
  EXPECT_EQ(view.perspective(), "ams");
  EXPECT_EQ(view.decision(), pb::CheckAttempt::DECISION_DISAGREED);
  ASSERT_EQ(view.observations_size(), 2);
  EXPECT_EQ(view.observations(0).outcome(), padlock::probe::v1::OUTCOME_NO_SUCH_NAME);
}

TEST(DomainToProtoTest, ShowsTheTokensAfterTheRecordsThatStay) {
  DomainDetails details = DetailsOf(SomeDomain());
  details.tokens.push_back({.record = {.purpose = RecordPurpose::kAcmeToken, .type = "TXT"},
                            .order = OrderId("ord_a"),
                            .decision = Decision::kCouldNotTell});
  const pb::Domain domain = ToProto(details, kPolicy);
  ASSERT_EQ(domain.records_size(), 3);
  EXPECT_EQ(domain.records(2).purpose(), pb::RequiredRecord::PURPOSE_ACME_TOKEN);
  EXPECT_EQ(domain.records(2).decision(), pb::CheckAttempt::DECISION_COULD_NOT_TELL);
}

TEST(DomainToProtoTest, HasNoNextTimeWhenNothingMoreHappens) {
  Domain record = SomeDomain();
  record.progress = {.state = DomainState::kFailed};
  const pb::Domain domain = ToProto({.domain = record}, kPolicy);
  EXPECT_EQ(domain.state(), pb::Domain::STATE_FAILED);
  EXPECT_FALSE(domain.next_action().has_time());
  EXPECT_FALSE(domain.next_action().reason().empty());
}

TEST(CertificateToProtoTest, ShowsOrderAndIssuance) {
  const CertificateDetails details{
      .certificate = {.tenant = TenantId("acme"),
                      .id = CertificateId("crt_a"),
                      .domain = DomainId("dom_a"),
                      .names = {"*.shop.test", "shop.test"},
                      .progress = {.state = CertificateState::kRenewing, .due_time = kNow},
                      .renew_time = kNow,
                      .create_time = kNow},
      .order = Order{.tenant = TenantId("acme"),
                     .id = OrderId("ord_a"),
                     .certificate = CertificateId("crt_a"),
                     .ca = "pebble",
                     .progress = {.state = OrderState::kValidating, .due_time = kNow},
                     .intent_time = kNow},
      .issuance = Issuance{.tenant = TenantId("acme"),
                           .id = IssuanceId("iss_a"),
                           .certificate = CertificateId("crt_a"),
                           .serial = "0a1b",
                           .validity = {kNow, kNow + absl::Hours(1)},
                           .create_time = kNow}};
  const pb::Certificate certificate = ToProto(details, kPolicy);
  EXPECT_EQ(certificate.state(), pb::Certificate::STATE_RENEWING);
  EXPECT_EQ(certificate.order().name(), "tenants/acme/certificates/crt_a/orders/ord_a");
  EXPECT_EQ(certificate.order().state(), pb::Order::STATE_VALIDATING);
  EXPECT_EQ(certificate.issuance().name(), "tenants/acme/certificates/crt_a/issuances/iss_a");
  EXPECT_EQ(certificate.issuance().not_after_time().seconds(), absl::ToUnixSeconds(kNow) + 3600);
}

TEST(CertificateToProtoTest, ShowsTheNamesThatItDoesWithout) {
  CertificateDetails details{
      .certificate = {
          .tenant = TenantId("acme"),
          .id = CertificateId("crt_a"),
          .names = {"shop.test", "www.shop.test"},
          .progress = {.state = CertificateState::kActive, .due_time = kNow},
          .set_aside = {{.name = "www.shop.test",
                         .times = 2,
                         .retry_time = kNow + absl::Hours(6),
                         .why = {.code = FindingCode::kCaaForbids, .sentence = "CAA forbids it."}}},
          .create_time = kNow}};
  const pb::Certificate certificate = ToProto(details, kPolicy);
  ASSERT_EQ(certificate.set_aside_size(), 1);
  const pb::SetAsideName& name = certificate.set_aside(0);
  EXPECT_EQ(name.name(), "www.shop.test");
  EXPECT_EQ(name.refusals(), 2);
  EXPECT_EQ(name.retry_time().seconds(), absl::ToUnixSeconds(kNow + absl::Hours(6)));
  EXPECT_EQ(name.finding().code(), pb::Finding::CODE_CAA_FORBIDS);
  EXPECT_EQ(name.finding().sentence(),
            "CAA forbids it. Padlock looks again at 2027-01-15 14:00:00 UTC.");
  EXPECT_EQ(name.finding().next_look_time().seconds(), name.retry_time().seconds());

  // It is in the order that is on its way.
  details.certificate.progress.state = CertificateState::kRenewing;
  details.certificate.set_aside.front().retry_time = kNow - absl::Hours(1);
  EXPECT_EQ(ToProto(details, kPolicy).set_aside(0).finding().next_look_time().seconds(),
            absl::ToUnixSeconds(kNow));
  details.certificate.progress.state = CertificateState::kFailed;
  EXPECT_FALSE(ToProto(details, kPolicy).set_aside(0).finding().has_next_look_time());
}

TEST(IssuanceToProtoTest, SaysWhenTheCaIsAskedAgainToRevoke) {
  Issuance issuance{.tenant = TenantId("acme"),
                    .id = IssuanceId("iss_a"),
                    .certificate = CertificateId("crt_a"),
                    .revocation = Revocation{.finding = RevocationRefusedFinding("Pebble", "no"),
                                             .retry_time = kNow + absl::Hours(1)}};
  EXPECT_EQ(ToProto(issuance).revocation().finding().next_look_time().seconds(),
            absl::ToUnixSeconds(kNow + absl::Hours(1)));
  issuance.revocation->retry_time.reset();
  EXPECT_FALSE(ToProto(issuance).revocation().finding().has_next_look_time());
}

TEST(CertificateToProtoTest, IsPendingDeploymentUntilAllIsConfirmed) {
  CertificateDetails details{
      .certificate = {.tenant = TenantId("acme"),
                      .id = CertificateId("crt_a"),
                      .progress = {.state = CertificateState::kActive, .due_time = kNow},
                      .issuance = IssuanceId("iss_a"),
                      .deployment = Deployment{.awaited = {IssuanceId("iss_a")},
                                               .issue_time = kNow,
                                               .overdue_time = kNow + absl::Hours(1),
                                               .served_until = kNow + absl::Hours(48)},
                      .create_time = kNow},
      .issuance = Issuance{.tenant = TenantId("acme"),
                           .id = IssuanceId("iss_a"),
                           .certificate = CertificateId("crt_a"),
                           .serial = "0a1b"}};
  const pb::Certificate pending = ToProto(details, kPolicy);
  EXPECT_EQ(pending.state(), pb::Certificate::STATE_PENDING_DEPLOYMENT);
  ASSERT_EQ(pending.pending_deployment().serial_numbers_size(), 1);
  EXPECT_EQ(pending.pending_deployment().serial_numbers(0), "0a1b");
  EXPECT_EQ(pending.pending_deployment().overdue_time().seconds(),
            absl::ToUnixSeconds(kNow) + 3600);
  EXPECT_EQ(pending.next_action().reason(),
            "A consumer is to confirm that it serves what was issued.");

  details.certificate.progress.state = CertificateState::kRenewing;
  EXPECT_EQ(ToProto(details, kPolicy).state(), pb::Certificate::STATE_RENEWING);
  details.certificate.progress.state = CertificateState::kActive;
  details.certificate.deployment.reset();
  EXPECT_EQ(ToProto(details, kPolicy).state(), pb::Certificate::STATE_ACTIVE);
  EXPECT_FALSE(ToProto(details, kPolicy).has_pending_deployment());
}

// The enums of core and proto carry the same numbers.
TEST(EnumToProtoTest, EveryFindingKeepsItsName) {
  const google::protobuf::EnumDescriptor& codes = *pb::Finding::Code_descriptor();
  EXPECT_EQ(static_cast<std::size_t>(codes.value_count()), AllFindingCodes().size() + 1);
  for (int i = 1; i < codes.value_count(); ++i) {
    const Finding finding{.code = static_cast<FindingCode>(codes.value(i)->number())};
    EXPECT_EQ(pb::Finding::Code_Name(ToProto(finding).code()),
              std::string("CODE_") + FindingCodeName(finding.code));
  }
}

TEST(EnumToProtoTest, EveryEventKeepsItsName) {
  const google::protobuf::EnumDescriptor& types = *pb::Event::Type_descriptor();
  for (int i = 1; i < types.value_count(); ++i) {
    Event event;
    event.type = static_cast<EventType>(types.value(i)->number());
    event.time = kNow;
    EXPECT_EQ(pb::Event::Type_Name(ToProto(TenantId("acme"), event).type()),
              std::string("TYPE_") + EventTypeName(event.type));
  }
}

TEST(EventToProtoTest, NamesWhatItConcernsAndNothingElse) {
  Event event;
  event.cursor = {.epoch = "e", .number = 3};
  event.time = kNow;
  event.domain = DomainId("dom_a");
  const pb::Event proto = ToProto(TenantId("acme"), event);
  EXPECT_EQ(proto.cursor(), "e.3");
  EXPECT_EQ(proto.domain(), "tenants/acme/domains/dom_a");
  EXPECT_TRUE(proto.certificate().empty());
  EXPECT_TRUE(proto.order().empty());
}

}  // namespace
}  // namespace cert
