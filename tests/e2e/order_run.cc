#include "e2e/order_run.h"

#include <algorithm>
#include <atomic>
#include <iterator>
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
constexpr char kPassALease[] =
    "UPDATE padlock.clock SET time_offset = time_offset + make_interval(secs => %d + 1)";
// The CA's clock does not pass with the database's, and its authorizations live for an hour.
constexpr int kRunsOfALab = 50;
constexpr absl::Duration kTapLook = absl::Milliseconds(50);

lab::Lab::Options Options(absl::Duration lease) {
  lab::Lab::Options options;
  options.pebble_sleeps = false;
  options.nonce_reject_percent = 0;
  options.authorization_reuse_percent = 0;
  options.relays = true;
  options.order_limit = kUnreachedLimit;
  options.order_limit_window = kWholeRun;
  options.cert_config =
      absl::StrFormat("lease_duration { seconds: %d }\n", absl::ToInt64Seconds(lease));
  return options;
}

// All that is stored of the domain, its certificate and its orders.
constexpr char kStored[] = R"(
  SELECT c::text FROM padlock.certificates AS c WHERE c.domain = $1
  UNION ALL SELECT d::text FROM padlock.domains AS d WHERE d.id = $1
  UNION ALL SELECT o::text FROM padlock.orders AS o
    JOIN padlock.certificates AS c ON c.id = o.certificate AND c.domain = $1
  UNION ALL SELECT i::text FROM padlock.issuances AS i
    JOIN padlock.certificates AS c ON c.id = i.certificate AND c.domain = $1
  UNION ALL SELECT w::text FROM padlock.work AS w
    JOIN padlock.certificates AS c ON c.domain = $1 AND w.id IN (c.id, c.domain, c.order_id)
  UNION ALL SELECT e::text FROM padlock.events AS e WHERE e.domain = $1)";

std::string IdOf(const pb::Domain& domain) {
  return domain.name().substr(domain.name().rfind('/') + 1);
}

absl::StatusOr<std::set<std::string>> Stored(const lab::Lab& lab, const pb::Domain& domain) {
  try {
    pqxx::connection connection(lab.DatabaseFor("postgres"));
    std::set<std::string> rows;
    for (const auto& row : pqxx::nontransaction(connection).exec_params(kStored, IdOf(domain))) {
      rows.insert(row[0].as<std::string>());
    }
    return rows;
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

// DATA_LOSS, with a row that is not as it was.
absl::Status CheckUnchanged(const std::set<std::string>& before,
                            const std::set<std::string>& after) {
  if (before == after) return absl::OkStatus();
  std::vector<std::string> changed;
  std::ranges::set_difference(after, before, std::back_inserter(changed));
  return absl::DataLossError("it wrote after its lease was lost: " +
                             (changed.empty() ? "a row is gone" : changed.front()));
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

}  // namespace

absl::StatusOr<std::unique_ptr<OrderRun>> OrderRun::Start(absl::Duration lease) {
  ASSIGN_OR_RETURN(std::unique_ptr<lab::Lab> lab, lab::Lab::Start(Options(lease)));
  lab->cert(kSecond).Kill();
  std::unique_ptr<OrderRun> run(new OrderRun(std::move(lab), lease));
  ASSIGN_OR_RETURN(run->tenant_, Tenant::Connect(*run->lab_, "acme"));
  return run;
}

absl::StatusOr<std::vector<std::string>> OrderRun::Record(Purpose purpose) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Course> course, Begin({.purpose = purpose}));
  RETURN_IF_ERROR(course->AwaitEnd());
  return tap_.Messages();
}

absl::StatusOr<std::string> OrderRun::KillAt(const RunPoint& point) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Course> course, Begin(point));
  ASSIGN_OR_RETURN(std::string message, AwaitMessage(*course));
  if (message.empty()) return message;
  RETURN_IF_ERROR(KillAndResume());
  absl::Status ended = course->AwaitEnd();
  lab_->cert(kSecond).Kill();
  if (ended.ok()) ended = Judge(*course);
  if (ended.ok()) return message;
  return absl::DataLossError(absl::StrCat(message, ": ", ended.message()));
}

absl::StatusOr<std::string> OrderRun::PauseAt(const RunPoint& point) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Course> course, Begin(point));
  ASSIGN_OR_RETURN(std::string message, AwaitMessage(*course));
  if (message.empty()) return message;
  course->AwaitCall();  // which would write as soon as the replica goes on
  RETURN_IF_ERROR(LetSecondEnd(*course));
  ASSIGN_OR_RETURN(const std::set<std::string> stored, Stored(*lab_, course->domain()));
  tap_.LetGo(lab::Action::kPass);
  RETURN_IF_ERROR(lab_->cert(kFirst).Resume());
  RETURN_IF_ERROR(tenant_->Reconnect());
  // Once the first has ended another order by itself, it has long gone on with this one.
  ASSIGN_OR_RETURN(const std::unique_ptr<Course> next, Begin({}));
  RETURN_IF_ERROR(next->AwaitEnd());
  ASSIGN_OR_RETURN(const std::set<std::string> stored_now, Stored(*lab_, course->domain()));
  RETURN_IF_ERROR(CheckUnchanged(stored, stored_now));
  RETURN_IF_ERROR(Judge(*course));
  return message;
}

absl::StatusOr<std::unique_ptr<Course>> OrderRun::Begin(const RunPoint& point) {
  // The run before has killed the second replica, perhaps under a call that was just to begin.
  RETURN_IF_ERROR(tenant_->Reconnect());
  const std::string hostname = absl::StrFormat("host%d.shop.test", ++hosts_);
  ASSIGN_OR_RETURN(std::unique_ptr<Course> course,
                   Course::Prepare(*tenant_, point.purpose, hostname));
  tap_.Arm(point.at);
  RETURN_IF_ERROR(course->Begin());
  return course;
}

absl::StatusOr<std::string> OrderRun::AwaitMessage(Course& course) {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!deadline.Expired()) {
    absl::StatusOr<std::string> message = tap_.Await(kTapLook);
    if (!absl::IsDeadlineExceeded(message.status())) return message;
    ASSIGN_OR_RETURN(const bool ended, course.HasEnded());
    if (!ended) continue;
    tap_.LetGo(lab::Action::kPass);  // and nothing waits from here on
    return std::string();
  }
  return absl::DeadlineExceededError("neither such a message came nor the order's end");
}

absl::Status OrderRun::KillAndResume() {
  lab_->cert(kFirst).Kill();
  tap_.LetGo(lab::Action::kDrop);
  RETURN_IF_ERROR(lab_->postgres().Execute(
      "padlock", absl::StrFormat(kPassALease, absl::ToInt64Seconds(lease_))));
  RETURN_IF_ERROR(lab_->ResumeCerts());
  return tenant_->Reconnect();
}

absl::Status OrderRun::LetSecondEnd(Course& course) {
  RETURN_IF_ERROR(lab_->cert(kFirst).Pause());
  RETURN_IF_ERROR(lab_->cert(kSecond).Resume());
  RETURN_IF_ERROR(course.AwaitEnd());
  lab_->cert(kSecond).Kill();
  return absl::OkStatus();
}

absl::Status OrderRun::Judge(Course& course) {
  RETURN_IF_ERROR(CheckAnswers(lab_->acme()));
  RETURN_IF_ERROR(CheckLedger(*lab_, {.renewals = 1, .counted = true}));
  return course.Judge();
}

absl::Status DisturbAtEach(Disturbance disturb, const std::vector<RunPoint>& points,
                           std::size_t labs, absl::FunctionRef<void(const RunOutcome&)> report,
                           absl::Duration lease) {
  std::atomic<std::size_t> next = 0;
  base::Mutex mutex;
  const auto work = [&]() -> absl::Status {
    std::unique_ptr<OrderRun> run;
    int runs = 0;
    for (std::size_t i = next++; i < points.size(); i = next++) {
      // Nor does what one run left undone tell of the next.
      if (run == nullptr || ++runs % kRunsOfALab == 0) {
        run.reset();
        ASSIGN_OR_RETURN(run, OrderRun::Start(lease));
      }
      const RunOutcome outcome{.point = points[i], .message = ((*run).*disturb)(points[i])};
      if (!outcome.message.ok()) run.reset();
      const base::MutexLock lock(mutex);
      report(outcome);
    }
    return absl::OkStatus();
  };
  return lab::InParallel(std::vector<std::function<absl::Status()>>(labs, work));
}

}  // namespace e2e
