// The reconciler on a real PostgreSQL, with a CA, a prober and a publisher in memory.

#pragma once

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
#include "cert/store/postgres_http_token_store.h"
#include "cert/store/postgres_store.h"
#include "cert/store/postgres_work_queue.h"
#include "lab/test_database.h"

namespace cert {

using ::base::testing::IsOk;

inline constexpr char kZone[] = "dcv.padlock.test";
inline constexpr absl::Duration kPatience = absl::Seconds(60);
inline constexpr absl::Duration kLease = absl::Seconds(30);

inline Sealer MakeSealer() {
  return *Sealer::Create({{.id = "k1", .octets = std::string(32, 'k')}});
}

// Returns the name of a file that holds it.
inline std::string WriteRoots(const std::string& pem) {
  std::string path = absl::StrFormat("%spadlock_roots_%d.pem", ::testing::TempDir(), getpid());
  std::ofstream(path) << pem;
  return path;
}

inline Caller Operator(const std::string& tenant) {
  return {.identity = {.name = "spiffe://padlock/tenant/" + tenant + "/operator",
                       .tenant = tenant,
                       .roles = {transport::Role::kOperator}},
          .request_id = "req-" + tenant};
}

// Everything that a replica has, in one process.
class ReconcileTest : public ::testing::Test {
 protected:
  explicit ReconcileTest(FakeCaOptions ca_options = {}) : ca_options_(std::move(ca_options)) {}

  void SetUp() override {
    prober_.Answer(
        [](const Question& question, const std::string&) { return testing::Agrees(question); });
  }

  // Before anything that a derived fixture gave it.
  void TearDown() override { reconciler_.reset(); }

  static std::unique_ptr<lab::TestDatabase> MakeDatabase() {
    auto database =
        lab::TestDatabase::Create([](const std::string& owner) { return Migrate(owner); });
    EXPECT_THAT(database, IsOk());
    return *std::move(database);
  }

  virtual Services MakeServices() {
    return {.store = store_,
            .accounts = account_store_,
            .publisher = publisher_,
            .prober = prober_,
            .sealer = sealer_,
            .random = base::SystemRandom(),
            .metrics = metrics_,
            .authorities = {{.name = "fake",
                             .client = &ca_,
                             .issuer_roots = IssuerRoots(issuer_roots_)}},
            .options = {.delegation_zone = kZone,
                        .policy = {.perspectives = {{.name = "ams"}}},
                        .schedule = {},
                        .check_timeout = absl::Seconds(5)}};
  }

  void StartReconciler(absl::Duration poll_interval = absl::Milliseconds(50)) {
    StartReconcilerWith(MakeServices(), poll_interval);
  }

  void StartReconcilerWith(const Services& services,
                           absl::Duration poll_interval = absl::Milliseconds(50)) {
    reconciler_ = std::make_unique<Reconciler>(
        services, queue_,
        Reconciler::Options{.threads = 2, .lease = kLease, .poll_interval = poll_interval});
  }

  Domain Add(const std::string& tenant, const std::string& hostname) {
    absl::StatusOr<DomainDetails> made = domains_.Create(
        Operator(tenant), {.parent = "tenants/" + tenant, .hostname = hostname, .wildcard = true});
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  // What `get` finds in a transaction.
  template <typename Get>
  auto Read(const TenantId& tenant, Get get) {
    std::invoke_result_t<Get, Transaction&> found = absl::UnknownError("");
    EXPECT_THAT(store_.Read(tenant,
                            [&](Transaction& transaction) {
                              found = get(transaction);
                              return found.status();
                            }),
                IsOk());
    return *found;
  }

  Domain Get(const Domain& domain) {
    return Read(domain.tenant, [&](Transaction& it) { return it.GetDomain(domain.id); });
  }

  // Of tenant "a".
  Certificate Get(const CertificateId& id) {
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetCertificate(id); });
  }

  // The names that its certificate in use has.
  std::vector<std::string> Issued(const CertificateId& id) {
    const Certificate certificate = Get(id);
    if (!certificate.issuance) return {};
    return Read(TenantId("a"),
                [&](Transaction& it) { return it.GetIssuance(*certificate.issuance); })
        .names;
  }

  Certificate CertificateOf(const Domain& domain) {
    return Read(domain.tenant,
                [&](Transaction& it) { return it.GetCertificate(domain.certificate); });
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

  // A series and its value, as "padlock_cert_parked_total{kind=\"order\"} 1". Counted right after
  // what it tells of was stored.
  ::testing::AssertionResult Counts(const std::string& series) {
    return Eventually([&] { return metrics_.Render().find(series + "\n") != std::string::npos; });
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
  const FakeCaOptions ca_options_;
  FakeAcmeClient ca_{ca_options_, base::SystemClock()};
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

}  // namespace cert
