#include "e2e/course.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "e2e/invariants.h"
#include "e2e/resource_id.h"

namespace e2e {
namespace {

constexpr char kRole[] = "padlock_read";
constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr const char* kNames[] = {"delegation", "txt", "http", "renewal", "revocation"};

// $1 is the domain's id.
constexpr char kCompleted[] = R"(
SELECT count(*) FROM padlock.work AS w
  JOIN padlock.orders AS o ON o.tenant = w.tenant AND o.id = w.id
  JOIN padlock.certificates AS c ON c.tenant = o.tenant AND c.id = o.certificate
WHERE c.domain = $1 AND w.kind = 'order' AND w.state = 'COMPLETED')";
constexpr char kOrders[] = R"(
SELECT count(*) FROM padlock.orders AS o
  JOIN padlock.certificates AS c ON c.tenant = o.tenant AND c.id = o.certificate
WHERE c.domain = $1)";
constexpr char kRevoked[] = R"(
SELECT count(*) FROM padlock.issuances AS i
  JOIN padlock.certificates AS c ON c.tenant = i.tenant AND c.id = i.certificate
WHERE c.domain = $1 AND i.revoke_time IS NOT NULL)";
constexpr char kRevocationsAsked[] =
    "SELECT count(*) FROM padlock.events WHERE domain = $1 AND type = 'REVOCATION_REQUESTED'";
// What a call asked for besides, such as another look at the domain, may still be under way when
// the order has ended.
constexpr char kDue[] = R"(
SELECT count(*) FROM padlock.work AS w
  JOIN padlock.certificates AS c ON c.tenant = w.tenant AND w.id IN (c.domain, c.id, c.order_id)
WHERE c.domain = $1 AND w.due_time <= padlock.padlock_now())";
constexpr char kTokens[] = R"(
SELECT a.txt_value FROM padlock.authorizations AS a
  JOIN padlock.orders AS o ON o.tenant = a.tenant AND o.id = a.order_id
  JOIN padlock.work AS w ON w.tenant = o.tenant AND w.id = o.id AND w.due_time IS NOT NULL
WHERE a.domain = $1 AND a.method = 'TXT' AND a.txt_value <> '')";
// How long nothing at all will happen, unless somebody is at work: records or tokens wait for
// another look, or the certificate for its next order.
constexpr char kParkedSql[] = R"(
SELECT coalesce(extract(epoch FROM min(w.due_time) - padlock.padlock_now()), 0)
FROM padlock.work AS w
  JOIN padlock.certificates AS c ON c.tenant = w.tenant AND w.id IN (c.domain, c.id, c.order_id)
WHERE c.domain = $1 AND w.state IN ('PENDING', 'PROPAGATING', 'ORDERING')
HAVING count(*) FILTER (WHERE w.lease_expire_time > padlock.padlock_now()) = 0)";
constexpr char kPassTime[] =
    "UPDATE padlock.clock SET time_offset = time_offset + make_interval(secs => %f);"
    "SELECT pg_notify('padlock_work', '')";
// For what is due to be claimed, and looked at.
constexpr absl::Duration kBetweenPasses = absl::Milliseconds(500);
constexpr const char* kComeAgain[] = {"(UNAVAILABLE)", "(DEADLINE_EXCEEDED)"};
constexpr double kLongestPause = 120;  // seconds; longer ones are not part of any course
constexpr char kMakeDue[] = R"(
UPDATE padlock.certificates SET renew_time = padlock.padlock_now() - interval '1 minute'
WHERE id = '%s';
UPDATE padlock.work SET due_time = padlock.padlock_now() WHERE id = '%s';
SELECT pg_notify('padlock_work', ''))";

std::string MethodOf(Purpose purpose) {
  return purpose == Purpose::kTxt || purpose == Purpose::kHttp ? PurposeName(purpose) : "";
}

// All that is under way, for messages.
constexpr char kUnderWay[] =
    "SELECT string_agg(w::text, ' ') FROM padlock.work AS w WHERE due_time IS NOT NULL AND $1 <> "
    "''";

}  // namespace

const char* PurposeName(Purpose purpose) { return kNames[static_cast<std::size_t>(purpose)]; }

std::optional<Purpose> ParsePurpose(const std::string& name) {
  for (const Purpose purpose : kPurposes) {
    if (name == PurposeName(purpose)) return purpose;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<Course>> Course::Prepare(Tenant& tenant, Purpose purpose,
                                                        const std::string& hostname) {
  ASSIGN_OR_RETURN(pb::Domain domain,
                   tenant.api().CreateDomain({.hostname = hostname, .method = MethodOf(purpose)}));
  std::unique_ptr<Course> course(new Course(tenant, purpose, std::move(domain)));
  if (!course->IsSecondOrder()) return course;
  RETURN_IF_ERROR(course->CreateRecords());
  RETURN_IF_ERROR(tenant.api().RecheckDomain(course->domain_.name()).status());
  RETURN_IF_ERROR(course->AwaitEnd());
  course->wanted_orders_ = 2;
  return course;
}

Course::Course(Tenant& tenant, Purpose purpose, pb::Domain domain)
    : tenant_(tenant),
      purpose_(purpose),
      domain_(std::move(domain)),
      id_(IdOf(domain_.name())),
      database_(tenant.lab().DatabaseFor(kRole)) {}

Course::~Course() { AwaitCall(); }

void Course::AwaitCall() {
  if (call_.joinable()) call_.join();
}

bool Course::IsSecondOrder() const {
  return purpose_ == Purpose::kRenewal || purpose_ == Purpose::kRevocation;
}

absl::Status Course::CreateRecords() {
  RETURN_IF_ERROR(tenant_.CreateRecords(domain_));
  if (purpose_ != Purpose::kHttp) return absl::OkStatus();
  const lab::Record address{
      .name = domain_.hostname(), .type = "A", .value = tenant_.lab().cert_address()};
  return tenant_.lab().customer(ZoneOf(domain_.hostname())).Add(address);
}

absl::Status Course::Begin() {
  if (purpose_ == Purpose::kRenewal) return MakeRenewalDue();
  if (!IsSecondOrder()) RETURN_IF_ERROR(CreateRecords());
  StartCall();
  return absl::OkStatus();
}

absl::Status Course::MakeRenewalDue() {
  const std::string id = IdOf(domain_.certificate());
  return tenant_.lab().postgres().Execute("padlock", absl::StrFormat(kMakeDue, id, id));
}

void Course::StartCall() {
  call_ = std::thread([this] {
    if (purpose_ == Purpose::kRevocation) return CallUntilStored();
    // Where this fails the domain is looked at anyway.
    const auto api = tenant_.ConnectTo(0);
    if (api.ok()) (void)(*api)->RecheckDomain(domain_.name());
  });
}

// A caller whose call fails asks what became of it, and calls again if nothing did.
void Course::CallUntilStored() {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!deadline.Expired()) {
    const auto api = tenant_.ConnectTo(0);
    if (api.ok() && (*api)->RevokeCertificate({.certificate = domain_.certificate()}).ok()) return;
    absl::SleepFor(kTick);
    try {
      pqxx::connection database(tenant_.lab().DatabaseFor(kRole));
      if (pqxx::nontransaction(database).exec_params1(kRevocationsAsked, id_)[0].as<int>() > 0) {
        return;
      }
    } catch (const std::exception&) {
      continue;  // asked again
    }
  }
}

absl::StatusOr<bool> Course::HasEnded() {
  try {
    const bool completed = std::stoi(ValueOf(kCompleted)) >= wanted_orders_;
    const bool revoked =
        purpose_ != Purpose::kRevocation || wanted_orders_ < 2 || std::stoi(ValueOf(kRevoked)) > 0;
    if (completed && revoked) return std::stoi(ValueOf(kDue)) == 0;
    if (purpose_ == Purpose::kTxt) RETURN_IF_ERROR(HandleTokens());
    RETURN_IF_ERROR(PassTime());
    return false;
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status Course::AwaitEnd() {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!deadline.Expired()) {
    ASSIGN_OR_RETURN(const bool ended, HasEnded());
    if (ended) return absl::OkStatus();
    absl::SleepFor(kTick);  // nothing tells us of a change in the database but the database
  }
  return absl::DeadlineExceededError(absl::StrCat("the order did not end: ", ValueOf(kUnderWay)));
}

absl::Status Course::HandleTokens() {
  lab::Customer customer = tenant_.lab().customer(ZoneOf(domain_.hostname()));
  for (const auto& row : pqxx::nontransaction(database_).exec_params(kTokens, id_)) {
    RETURN_IF_ERROR(customer.Add({.name = "_acme-challenge." + domain_.hostname(),
                                  .type = "TXT",
                                  .value = row[0].as<std::string>()}));
  }
  return absl::OkStatus();
}

absl::Status Course::PassTime() {
  const std::string text = ValueOf(kParkedSql);
  const double pause = text.empty() ? 0 : std::stod(text);
  const bool too_soon = base::SystemClock().TimeNow() < last_pass_ + kBetweenPasses;
  if (pause <= 0 || pause > kLongestPause || too_soon) return absl::OkStatus();
  last_pass_ = base::SystemClock().TimeNow();
  return tenant_.lab().postgres().Execute("padlock", absl::StrFormat(kPassTime, pause));
}

std::string Course::ValueOf(const char* sql) {
  const pqxx::result rows = pqxx::nontransaction(database_).exec_params(sql, id_);
  return rows.empty() ? "" : rows[0][0].as<std::string>("");
}

// Where the only web server died while the CA fetched the token, the CA has refused the order, and
// another one followed.
absl::Status Course::Judge() {
  const int orders = std::stoi(ValueOf(kOrders));
  const int most = purpose_ == Purpose::kHttp ? wanted_orders_ + 1 : wanted_orders_;
  if (orders < wanted_orders_ || orders > most) {
    return absl::DataLossError(absl::StrFormat("%s has %d orders", domain_.hostname(), orders));
  }
  const int completed = std::stoi(ValueOf(kCompleted));
  if (completed != wanted_orders_) {
    return absl::DataLossError(
        absl::StrFormat("%s has %d completed orders", domain_.hostname(), completed));
  }
  return CheckIsServed();
}

// A call may meet a connection that the killed replica's end has cut, and says so.
absl::Status Course::CheckIsServed() {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  absl::Status served = CheckServed(tenant_, domain_);
  const auto says = [&served](const char* word) {
    return absl::StrContains(served.message(), word);
  };
  while (std::ranges::any_of(kComeAgain, says) && !deadline.Expired()) {
    absl::SleepFor(kTick);
    served = CheckServed(tenant_, domain_);
  }
  return served;
}

}  // namespace e2e
