// The reconciler on a real PostgreSQL, with a CA, a prober and a publisher in memory: what it does
// when they answer well, badly, or not at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "cert/acme/testing/fake_client.h"
#include "cert/app/domains.h"
#include "cert/dispatch/testing/fake_prober.h"
#include "cert/publication/testing/fake_publisher.h"
#include "cert/reconcile/reconciler.h"
#include "cert/store/migrate.h"
#include "cert/store/notifications.h"
#include "cert/store/postgres_account_store.h"
#include "cert/store/postgres_event_log.h"
#include "cert/store/postgres_store.h"
#include "cert/store/postgres_work_queue.h"
#include "lab/test_database.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::observation::RecordType;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kZone[] = "dcv.padlock.test";
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kLease = absl::Seconds(30);

Sealer MakeSealer() { return *Sealer::Create({{.id = "k1", .octets = std::string(32, 'k')}}); }

// Returns the name of a file that holds it.
std::string WriteRoots(const std::string& pem) {
  std::string path = absl::StrFormat("%spadlock_roots_%d.pem", ::testing::TempDir(), getpid());
  std::ofstream(path) << pem;
  return path;
}

Caller Operator(const std::string& tenant) {
  return {.identity = {.name = "spiffe://padlock/tenant/" + tenant + "/operator",
                       .tenant = tenant,
                       .roles = {transport::Role::kOperator}},
          .request_id = "req-" + tenant};
}

// Everything that a replica has, in one process.
class ReconcileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    prober_.Answer(
        [](const Question& question, const std::string&) { return testing::Agrees(question); });
  }

  static std::unique_ptr<lab::TestDatabase> MakeDatabase() {
    auto database =
        lab::TestDatabase::Create([](const std::string& owner) { return Migrate(owner); });
    EXPECT_THAT(database, IsOk());
    return *std::move(database);
  }

  Services MakeServices() {
    return {.store = store_,
            .accounts = account_store_,
            .publisher = publisher_,
            .prober = prober_,
            .sealer = sealer_,
            .random = base::SystemRandom(),
            .metrics = metrics_,
            .authorities = {{.name = "fake", .client = &ca_, .issuer_roots_file = issuer_roots_}},
            .options = {.delegation_zone = kZone,
                        .policy = {.perspectives = {{.name = "ams"}}},
                        .schedule = {},
                        .check_timeout = absl::Seconds(5)}};
  }

  void StartReconciler(absl::Duration poll_interval = absl::Milliseconds(50)) {
    reconciler_ = std::make_unique<Reconciler>(
        MakeServices(), queue_,
        Reconciler::Options{.threads = 2, .lease = kLease, .poll_interval = poll_interval});
  }

  Domain Add(const std::string& tenant, const std::string& hostname) {
    absl::StatusOr<DomainDetails> made = domains_.Create(
        Operator(tenant), {.parent = "tenants/" + tenant, .hostname = hostname, .wildcard = true});
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  Domain Get(const Domain& domain) {
    Domain found;
    EXPECT_THAT(store_.Read(domain.tenant,
                            [&](Transaction& transaction) {
                              auto got = transaction.GetDomain(domain.id);
                              if (got.ok()) found = *got;
                              return got.status();
                            }),
                IsOk());
    return found;
  }

  Certificate CertificateOf(const Domain& domain) {
    Certificate found;
    EXPECT_THAT(store_.Read(domain.tenant,
                            [&](Transaction& transaction) {
                              auto got = transaction.GetCertificate(domain.certificate);
                              if (got.ok()) found = *got;
                              return got.status();
                            }),
                IsOk());
    return found;
  }

  std::vector<EventType> EventsOf(const Domain& domain) {
    std::vector<EventType> types;
    const auto events = log_.ReadEvents(domain.tenant, {}, 1000);
    EXPECT_THAT(events, IsOk());
    for (const Event& event : *events) {
      if (event.domain == domain.id) types.push_back(event.type);
    }
    return types;
  }

  // Looks again whenever the database tells of a change; now and then besides, for conditions that
  // it does not know of.
  template <typename Condition>
  ::testing::AssertionResult Eventually(Condition condition) {
    const base::Deadline deadline = base::Deadline::After(kPatience);
    while (!deadline.Expired()) {
      if (condition()) return ::testing::AssertionSuccess();
      base::MutexLock lock(mutex_);
      changed_.WaitFor(mutex_, absl::Milliseconds(50));
    }
    return ::testing::AssertionFailure() << "not within " << absl::FormatDuration(kPatience);
  }

  ::testing::AssertionResult Reaches(const Domain& domain, CertificateState state) {
    return Eventually([&] { return CertificateOf(domain).progress.state == state; });
  }

  // As the superuser, past row-level security.
  void Execute(const std::string& sql) {
    pqxx::connection connection(database_->ConnectionString("postgres"));
    pqxx::nontransaction(connection).exec(sql);
  }

  // What waits for its due time is due now.
  void HurryAll() {
    Execute(
        "UPDATE padlock.work SET due_time = now() WHERE id IN (SELECT id FROM padlock.work "
        "WHERE due_time > now() AND lease_token IS NULL FOR UPDATE SKIP LOCKED)");
    reconciler_->Wake();
  }

  const std::unique_ptr<lab::TestDatabase> database_ = MakeDatabase();
  ConnectionPool pool_{{.connection_string = database_->ConnectionString("padlock_cert")}};
  ConnectionPool claim_pool_{{.connection_string = database_->ConnectionString("padlock_claim")}};
  PostgresStore store_{pool_, base::SystemRandom()};
  PostgresAccountStore account_store_{pool_};
  PostgresEventLog log_{pool_};
  PostgresWorkQueue queue_{claim_pool_};
  FakePublisher publisher_{kZone};
  testing::FakeProber prober_{{"ams"}};
  FakeAcmeClient ca_{{}, base::SystemClock()};
  const Sealer sealer_ = MakeSealer();
  base::Metrics metrics_;
  const std::string issuer_roots_ = WriteRoots(ca_.RootPem());
  Domains domains_{store_, base::SystemRandom(), {.delegation_zone = kZone}};
  std::unique_ptr<Reconciler> reconciler_;
  base::Mutex mutex_;
  base::CondVar changed_;
  Notifications notifications_{database_->ConnectionString("padlock_cert"),
                               {.work = [this] { changed_.NotifyAll(); },
                                .events = [this](const TenantId&) { changed_.NotifyAll(); }}};
};

TEST_F(ReconcileTest, ANewDomainEndsWithACertificateAndNoTokenLeft) {
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_TRUE(
      Eventually([&] { return publisher_.ValuesAt(domain.delegation_target).size() == 1; }));
  EXPECT_THAT(publisher_.ValuesAt(domain.delegation_target), ElementsAre(domain.canary_value));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 1);
  EXPECT_EQ(Get(domain).progress.state, DomainState::kActive);
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

TEST_F(ReconcileTest, ARowIsTakenUpOnceItIsDueWithoutWaitingForAPoll) {
  const Domain domain = Add("a", "shop.example.com");
  StartReconciler(/*poll_interval=*/absl::Hours(1));
  EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
}

TEST_F(ReconcileTest, NoOrderIsOpenedWhileARecordIsMissing) {
  prober_.Answer([](const Question& question, const std::string&) {
    return question.type == RecordType::kCname
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kRecordMissing);
  EXPECT_EQ(Get(domain).finding->record_name, "_acme-challenge.shop.example.com");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
}

// The schedule has run out, but with no worker to look for the last time.
TEST_F(ReconcileTest, ADomainIsNotGivenUpForTroubleOfOurs) {
  prober_.Answer([](const Question&, const std::string&) {
    View view;
    view.failure = "no worker of this perspective is connected";
    return view;
  });
  const Domain domain = Add("a", "shop.example.com");
  Execute(
      "UPDATE padlock.work SET tries = 80, start_time = now() - interval '8 days' "
      "WHERE kind = 'domain'");
  StartReconciler();
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kNoWorkers);
  EXPECT_EQ(Get(domain).progress.state, DomainState::kPending);
}

TEST_F(ReconcileTest, AnAccountThatTheCaForgotIsRegisteredAgainForTheSameOrder) {
  ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:accountDoesNotExist",
                                   .detail = "no such account",
                                   .http_status = 400});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewAccount), 2);
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kOrderFailed)));
}

TEST_F(ReconcileTest, AChainIsCheckedAgainstTheRootsAsTheyAreThen) {
  std::ofstream(issuer_roots_) << "no root yet";
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return CertificateOf(domain).failed_orders == 1; }));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kIssuanceRejected);
  std::ofstream(issuer_roots_) << ca_.RootPem();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
}

TEST_F(ReconcileTest, AnOrderWhoseReplyWasLostIsAdopted) {
  ca_.LoseReply(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kNewOrder) == 1; }));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(ReconcileTest, ANewOrderThatNeverArrivedIsSentAgain) {
  ca_.Disconnect(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(ReconcileTest, LostRepliesOfEveryOtherCallRepeatHarmlessly) {
  for (const AcmeCall call :
       {AcmeCall::kNewAccount, AcmeCall::kGetAuthorization, AcmeCall::kAnswerChallenge,
        AcmeCall::kGetOrder, AcmeCall::kFinalize, AcmeCall::kDownloadCertificate}) {
    ca_.LoseReply(call);
  }
  publisher_.FailNext({.status = absl::DeadlineExceededError("lost"), .change_is_made = true});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(ReconcileTest, AFailedValidationClosesTheOrderAndAnotherOneFollows) {
  ca_.FailValidation("shop.example.com", {.type = "urn:ietf:params:acme:error:unauthorized",
                                          .detail = "no TXT record found",
                                          .http_status = 403});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return CertificateOf(domain).failed_orders == 1; }));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kCaValidationFailed);
  EXPECT_THAT(CertificateOf(domain).finding->sentence, ::testing::HasSubstr("no TXT record found"));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kOrderFailed));
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

TEST_F(ReconcileTest, ARefusedNameEndsTheCertificateUntilARecheck) {
  ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:rejectedIdentifier",
                                   .detail = "the policy forbids this name",
                                   .http_status = 400});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kFailed));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kCaRefused);
  ASSERT_THAT(domains_.Recheck(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
}

TEST_F(ReconcileTest, ATenantWithoutTheClaimGetsNoOrder) {
  const Domain held = Add("a", "shop.example.com");
  const Domain late = Add("b", "shop.example.com");  // nobody has proved it yet
  StartReconciler();
  ASSERT_TRUE(Eventually([&] {
    const bool a_active = Get(held).progress.state == DomainState::kActive;
    const bool b_active = Get(late).progress.state == DomainState::kActive;
    const Domain& loser = a_active ? late : held;
    return (a_active || b_active) && Get(loser).finding.has_value();
  }));
  const bool a_won = Get(held).progress.state == DomainState::kActive;
  const Domain loser = Get(a_won ? late : held);
  EXPECT_EQ(loser.progress.state, DomainState::kPending);
  EXPECT_EQ(loser.finding->code, FindingCode::kClaimHeld);
  EXPECT_TRUE(Reaches(a_won ? held : late, CertificateState::kActive));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_THAT(EventsOf(loser), Not(Contains(EventType::kOrderIntended)));
}

TEST_F(ReconcileTest, ADeletionWhileTokensSpreadClosesTheOrderAndCleansUp) {
  prober_.Answer([](const Question& question, const std::string&) {
    const bool tokens = question.expected_values.size() > 1;
    return tokens ? testing::Disagrees(observation::Outcome::kMismatch) : testing::Agrees(question);
  });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(
      Eventually([&] { return publisher_.ValuesAt(domain.delegation_target).size() == 3; }));
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return publisher_.ValuesAt(domain.delegation_target).empty() &&
           Get(domain).progress.state == DomainState::kDeleted;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kDeactivateAuthorization), 2);
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 0);
}

TEST_F(ReconcileTest, ARowThatIsClaimedTooOftenIsParked) {
  const Domain domain = Add("a", "shop.example.com");
  Execute("UPDATE padlock.work SET claims = 5 WHERE kind = 'domain'");
  StartReconciler();
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kParked);
  EXPECT_THAT(prober_.asked(), IsEmpty());
}

TEST_F(ReconcileTest, WhatFoundTheDatabaseAwayIsDueAtOnceWhenItIsBack) {
  std::atomic<bool> stopped = false;
  prober_.Answer([&](const Question& question, const std::string&) {
    if (!stopped.exchange(true)) database_->server().Stop();
    return testing::Agrees(question);
  });
  const Domain domain = Add("a", "shop.example.com");
  StartReconciler();
  ASSERT_TRUE(Eventually(
      [&] { return metrics_.Render().find("result=\"UNAVAILABLE\"") != std::string::npos; }));
  ASSERT_THAT(database_->server().Resume(), IsOk());
  const absl::Time back = base::SystemClock().TimeNow();
  EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_LT(base::SystemClock().TimeNow() - back, kLease / 2);  // not by a lease that ran out
}

TEST_F(ReconcileTest, RenewalBringsANewKeyWhileTheOldCertificateStays) {
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  const std::optional<IssuanceId> first = CertificateOf(domain).issuance;
  Execute("UPDATE padlock.certificates SET renew_time = now()");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const Certificate now = CertificateOf(domain);
    EXPECT_TRUE(now.issuance.has_value());
    return now.issuance != first && now.progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 2);
}

}  // namespace
}  // namespace cert
