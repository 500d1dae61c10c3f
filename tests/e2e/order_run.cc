#include "e2e/order_run.h"

#include <atomic>
#include <pqxx/pqxx>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "e2e/invariants.h"
#include "lab/parallel.h"

namespace e2e {
namespace {

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;
constexpr char kLease[] = "lease_duration { seconds: 5 }\n";
constexpr char kPassALease[] =
    "UPDATE padlock.clock SET time_offset = time_offset + interval '6 s'";
constexpr char kEventChannel[] = "padlock_events";
constexpr char kIsWithdrawn[] =
    "SELECT count(*) FROM padlock.events WHERE domain = '%s' AND type = 'RECORDS_WITHDRAWN'";
constexpr long kListenSeconds = 1;

lab::Lab::Options Options() {
  lab::Lab::Options options;
  options.pebble_sleeps = false;
  options.nonce_reject_percent = 0;
  options.authorization_reuse_percent = 0;
  options.relays = true;
  options.cert_config = kLease;
  return options;
}

// All that is stored of the domain, its certificate and its orders, as one number.
constexpr char kStored[] = R"(
SELECT md5(string_agg(row, '' ORDER BY row)) FROM (
  SELECT c::text AS row FROM padlock.certificates AS c WHERE c.domain = $1
  UNION ALL SELECT d::text FROM padlock.domains AS d WHERE d.id = $1
  UNION ALL SELECT o::text FROM padlock.orders AS o
    JOIN padlock.certificates AS c ON c.id = o.certificate AND c.domain = $1
  UNION ALL SELECT i::text FROM padlock.issuances AS i
    JOIN padlock.certificates AS c ON c.id = i.certificate AND c.domain = $1
  UNION ALL SELECT w::text FROM padlock.work AS w
    JOIN padlock.certificates AS c ON c.domain = $1 AND w.id IN (c.id, c.domain, c.order_id)
  UNION ALL SELECT e::text FROM padlock.events AS e WHERE e.domain = $1) AS rows)";

std::string IdOf(const pb::Domain& domain) {
  return domain.name().substr(domain.name().rfind('/') + 1);
}

absl::StatusOr<std::string> Stored(const lab::Lab& lab, const pb::Domain& domain) {
  try {
    pqxx::connection connection(lab.DatabaseFor("postgres"));
    return pqxx::nontransaction(connection)
        .exec_params1(kStored, IdOf(domain))[0]
        .as<std::string>();
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

// All that is under way, for messages.
std::string Work(pqxx::connection& connection) {
  return pqxx::nontransaction(connection)
      .exec1("SELECT string_agg(w::text, ' ') FROM padlock.work AS w WHERE due_time IS NOT NULL")[0]
      .as<std::string>("nothing is under way");
}

// No challenge is answered twice: the CA would take the second for another try.
absl::Status CheckAnswers(const lab::AcmeProxy& acme) {
  std::set<std::string> answered;
  for (const lab::AcmeExchange& exchange : acme.History()) {
    if (exchange.call == lab::AcmeCall::kAnswer && !answered.insert(exchange.path).second) {
      return absl::DataLossError(exchange.path + " was answered twice");
    }
  }
  return absl::OkStatus();
}

// Waking is all that we want of a notification.
class Wake : public pqxx::notification_receiver {
 public:
  using pqxx::notification_receiver::notification_receiver;
  void operator()(const std::string&, int) override {}
};

}  // namespace

absl::StatusOr<std::unique_ptr<OrderRun>> OrderRun::Start() {
  ASSIGN_OR_RETURN(std::unique_ptr<lab::Lab> lab, lab::Lab::Start(Options()));
  lab->cert(kSecond).Kill();
  std::unique_ptr<OrderRun> run(new OrderRun(std::move(lab)));
  ASSIGN_OR_RETURN(run->tenant_, Tenant::Connect(*run->lab_, "acme"));
  return run;
}

absl::StatusOr<std::vector<std::string>> OrderRun::Record() {
  ASSIGN_OR_RETURN(const pb::Domain domain, Begin({}));
  RETURN_IF_ERROR(AwaitEnd(domain));
  return tap_.Messages();
}

absl::StatusOr<std::string> OrderRun::KillAt(const MessagePoint& point) {
  ASSIGN_OR_RETURN(const pb::Domain domain, Begin(point));
  ASSIGN_OR_RETURN(std::string message, tap_.Await());
  RETURN_IF_ERROR(KillAndResume());
  absl::Status ended = AwaitEnd(domain);
  if (ended.ok()) ended = Judge(domain);
  if (ended.ok()) return message;
  return absl::DataLossError(absl::StrCat(message, ": ", ended.message()));
}

absl::StatusOr<std::string> OrderRun::PauseAt(const MessagePoint& point) {
  ASSIGN_OR_RETURN(const pb::Domain domain, Begin(point));
  ASSIGN_OR_RETURN(std::string message, tap_.Await());
  RETURN_IF_ERROR(LetSecondEnd(domain));
  ASSIGN_OR_RETURN(const std::string stored, Stored(*lab_, domain));
  tap_.LetGo(lab::Action::kPass);
  RETURN_IF_ERROR(lab_->cert(kFirst).Resume());
  RETURN_IF_ERROR(tenant_->Reconnect());
  // Once the first has ended another order by itself, it has long gone on with this one.
  ASSIGN_OR_RETURN(const pb::Domain next, Begin({}));
  RETURN_IF_ERROR(AwaitEnd(next));
  ASSIGN_OR_RETURN(const std::string stored_now, Stored(*lab_, domain));
  if (stored_now != stored) {
    return absl::DataLossError(absl::StrCat(message, ": it wrote after its lease was lost"));
  }
  RETURN_IF_ERROR(Judge(domain));
  return message;
}

absl::StatusOr<pb::Domain> OrderRun::Begin(const MessagePoint& point) {
  const std::string hostname = absl::StrFormat("host%d.shop.test", ++hosts_);
  ASSIGN_OR_RETURN(const pb::Domain domain, tenant_->api().CreateDomain({.hostname = hostname}));
  RETURN_IF_ERROR(tenant_->CreateRecords(domain));
  tap_.Arm(point);
  // The message may be one of this call's own: then it fails, and the domain is looked at anyway.
  (void)tenant_->api().RecheckDomain(domain.name());
  return domain;
}

absl::Status OrderRun::KillAndResume() {
  lab_->cert(kFirst).Kill();
  tap_.LetGo(lab::Action::kDrop);
  RETURN_IF_ERROR(lab_->postgres().Execute("padlock", kPassALease));
  RETURN_IF_ERROR(lab_->cert(kFirst).Resume());
  return tenant_->Reconnect();
}

absl::Status OrderRun::LetSecondEnd(const pb::Domain& domain) {
  RETURN_IF_ERROR(lab_->cert(kFirst).Pause());
  RETURN_IF_ERROR(lab_->cert(kSecond).Resume());
  RETURN_IF_ERROR(AwaitEnd(domain));
  lab_->cert(kSecond).Kill();
  return absl::OkStatus();
}

absl::Status OrderRun::AwaitEnd(const pb::Domain& domain) const {
  const std::string is_withdrawn = absl::StrFormat(kIsWithdrawn, IdOf(domain));
  const base::Deadline deadline = base::Deadline::After(kPatience);
  try {
    pqxx::connection connection(lab_->DatabaseFor("padlock_read"));
    const Wake wake(connection, kEventChannel);
    while (!deadline.Expired()) {
      if (pqxx::nontransaction(connection).exec1(is_withdrawn)[0].as<int>() > 0) {
        return absl::OkStatus();
      }
      connection.await_notification(kListenSeconds, 0);
    }
    return absl::DeadlineExceededError(absl::StrCat("the order did not end: ", Work(connection)));
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status OrderRun::Judge(const pb::Domain& domain) {
  RETURN_IF_ERROR(CheckAnswers(lab_->acme()));
  RETURN_IF_ERROR(CheckLedger(*lab_));
  return CheckServed(*tenant_, domain);
}

absl::Status DisturbAtEach(Disturbance disturb, const std::vector<MessagePoint>& points,
                           std::size_t labs, absl::FunctionRef<void(const RunOutcome&)> report) {
  std::atomic<std::size_t> next = 0;
  base::Mutex mutex;
  const auto work = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::unique_ptr<OrderRun> run, OrderRun::Start());
    for (std::size_t i = next++; i < points.size(); i = next++) {
      const RunOutcome outcome{.point = points[i], .message = ((*run).*disturb)(points[i])};
      const base::MutexLock lock(mutex);
      report(outcome);
    }
    return absl::OkStatus();
  };
  return lab::InParallel(std::vector<std::function<absl::Status()>>(labs, work));
}

}  // namespace e2e
