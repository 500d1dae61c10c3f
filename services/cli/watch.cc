#include "cli/watch.h"

#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/backoff.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "cli/json.h"
#include "cli/render_certificate.h"
#include "cli/render_check.h"
#include "cli/render_domain.h"
#include "cli/text.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// OK while something may still happen by itself.
absl::Status StillGoing(const pb::Domain& domain) {
  if (domain.state() == pb::Domain::STATE_DELETING) {
    return absl::FailedPreconditionError("the domain is being deleted");
  }
  if (domain.state() != pb::Domain::STATE_FAILED) return absl::OkStatus();
  return absl::FailedPreconditionError(domain.has_finding() ? domain.finding().sentence()
                                                            : domain.next_action().reason());
}

// What was deleted between its event and our look at it is no error.
template <typename T>
absl::Status UnlessGone(const absl::StatusOr<T>& result) {
  return absl::IsNotFound(result.status()) ? absl::OkStatus() : result.status();
}

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status) ||
         absl::IsResourceExhausted(status);
}

}  // namespace

Watcher::Watcher(Client& client, Screen& screen, const base::Clock& clock, Options options)
    : client_(client), screen_(screen), clock_(clock), options_(options) {}

absl::Status Watcher::Run(const std::string& domain) {
  watch_.end_time = clock_.TimeNow() + options_.timeout;
  if (!domain.empty()) {
    ASSIGN_OR_RETURN(watch_.domain, client_.FindDomain(domain));
  }
  while (true) {
    const absl::Status status = client_.WatchEvents(
        watch_, [this](const pb::WatchEventsResponse& message) { return OnMessage(message); });
    if (done_) return outcome_;
    if (status.ok()) return absl::UnavailableError("the service ended the watch");
    if (!begun_ || !MayPass(status)) return status;
    const absl::Duration pause = Pause();
    if (clock_.TimeNow() + pause >= watch_.end_time) return status;
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(pause));
  }
}

absl::Duration Watcher::Pause() {
  const base::BackoffPolicy policy{.initial = absl::Milliseconds(500), .cap = absl::Seconds(10)};
  return base::BackoffDelay(policy, ++failures_, base::SystemRandom().Fraction());
}

bool Watcher::OnMessage(const pb::WatchEventsResponse& message) {
  failures_ = 0;
  const bool first = !std::exchange(begun_, true);
  // The state is read only once the watch has begun, so that nothing falls between the two.
  if (first) outcome_ = Begin();
  for (const pb::Event& event : message.events()) {
    if (!outcome_.ok() || done_) break;
    outcome_ = OnEvent(event);
  }
  watch_.cursor = message.cursor();
  done_ = done_ || !outcome_.ok();
  return !done_;
}

absl::Status Watcher::Begin() {
  if (watch_.domain.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const pb::Domain domain, client_.GetDomain(watch_.domain));
  certificate_ = domain.certificate();
  hosts_[watch_.domain] = domain.hostname();
  if (!options_.json) {
    for (const std::string& line : Lines(RenderRecords(domain))) screen_.Print(line);
    if (domain.has_latest_check()) PrintNews(domain.name(), CheckLines(domain.latest_check()));
  }
  if (certificate_.empty() && options_.until_issued && domain.state() == pb::Domain::STATE_ACTIVE) {
    done_ = true;  // what it is for is watched without a domain
    return absl::OkStatus();
  }
  const absl::StatusOr<pb::Certificate> certificate = OwnCertificate();
  if (certificate.ok() && certificate->has_issuance() && options_.until_issued) {
    done_ = true;
    return ShowIssuance(certificate_);
  }
  RETURN_IF_ERROR(UnlessGone(certificate));
  if (options_.until_issued) {
    RETURN_IF_ERROR(StillGoing(domain));
  }
  return Redraw();
}

absl::StatusOr<pb::Certificate> Watcher::OwnCertificate() {
  if (certificate_.empty()) return absl::NotFoundError("none of its own");
  return client_.GetCertificate(certificate_);
}

absl::Status Watcher::OnEvent(const pb::Event& event) {
  if (options_.json) {
    std::string line = ToJsonLine(event);
    line.pop_back();
    screen_.Print(line);
  } else {
    const std::string time =
        absl::FormatTime("%H:%M:%S", ToTime(event.time()), absl::UTCTimeZone());
    screen_.Print(
        absl::StrFormat("%s  %s: %s", time, HostOf(event.domain()), Printable(event.message())));
  }
  switch (event.type()) {
    case pb::Event::TYPE_DOMAIN_CHECKED:
      RETURN_IF_ERROR(ShowDomainCheck(event.domain()));
      break;
    case pb::Event::TYPE_ORDER_CHECKED:
      RETURN_IF_ERROR(ShowOrderCheck(event.certificate()));
      break;
    case pb::Event::TYPE_CERTIFICATE_ISSUED:
      RETURN_IF_ERROR(ShowIssuance(event.certificate()));
      done_ = options_.until_issued;
      break;
    case pb::Event::TYPE_DOMAIN_PROVED:
      done_ = options_.until_issued && !watch_.domain.empty() && certificate_.empty();
      break;
    case pb::Event::TYPE_DOMAIN_FAILED:
    case pb::Event::TYPE_DOMAIN_DELETED:
      if (options_.until_issued) return absl::FailedPreconditionError(event.message());
      break;
    default:
      break;
  }
  return done_ ? absl::OkStatus() : Redraw();
}

absl::Status Watcher::ShowDomainCheck(const std::string& name) {
  if (options_.json) return absl::OkStatus();
  const absl::StatusOr<pb::Domain> domain = client_.GetDomain(name);
  if (!domain.ok()) return UnlessGone(domain);
  std::vector<std::string> lines;
  if (domain->has_latest_check()) lines = CheckLines(domain->latest_check());
  if (domain->has_finding()) lines.push_back("  " + Printable(domain->finding().sentence()));
  PrintNews(name, lines);
  return absl::OkStatus();
}

absl::Status Watcher::ShowOrderCheck(const std::string& name) {
  if (options_.json) return absl::OkStatus();
  const absl::StatusOr<pb::Certificate> certificate = client_.GetCertificate(name);
  if (!certificate.ok()) return UnlessGone(certificate);
  if (certificate->order().has_latest_check()) {
    PrintNews(certificate->order().name(), CheckLines(certificate->order().latest_check()));
  }
  return absl::OkStatus();
}

absl::Status Watcher::ShowIssuance(const std::string& name) {
  if (options_.json) return absl::OkStatus();
  const absl::StatusOr<pb::Certificate> certificate = client_.GetCertificate(name);
  if (!certificate.ok()) return UnlessGone(certificate);
  screen_.SetTable({});
  for (const std::string& line : Lines(RenderIssuance(certificate->issuance()))) {
    screen_.Print(line);
  }
  return absl::OkStatus();
}

void Watcher::PrintNews(const std::string& subject, const std::vector<std::string>& lines) {
  if (screen_.has_table() && !watch_.domain.empty()) return;  // the table shows them
  std::set<std::string>& seen = seen_[subject];
  for (const std::string& line : lines) {
    if (!seen.contains(line)) screen_.Print(line);
  }
  seen = {lines.begin(), lines.end()};
}

absl::Status Watcher::Redraw() {
  if (options_.json || watch_.domain.empty() || !screen_.has_table()) return absl::OkStatus();
  const absl::StatusOr<pb::Domain> domain = client_.GetDomain(watch_.domain);
  if (!domain.ok()) return UnlessGone(domain);
  const absl::StatusOr<pb::Certificate> certificate = OwnCertificate();
  if (!certificate.ok() && !certificate_.empty()) return UnlessGone(certificate);
  const absl::Time now = clock_.TimeNow();
  std::string text = absl::StrFormat(
      "\n%s: %s; certificate: %s\n", Printable(domain->hostname()),
      WordOf("STATE_", pb::Domain::State_Name(domain->state())),
      certificate.ok() ? CertificateStateWord(*certificate) : "of several names, none of its own");
  const bool proved = certificate.ok() && domain->state() == pb::Domain::STATE_ACTIVE;
  text += absl::StrFormat(
      "next: %s\n",
      RenderNextAction(proved ? certificate->next_action() : domain->next_action(), now));
  const pb::CheckAttempt& check =
      proved ? certificate->order().latest_check() : domain->latest_check();
  if (check.records_size() > 0) text += RenderCheck(check);
  screen_.SetTable(Lines(text));
  return absl::OkStatus();
}

std::string Watcher::HostOf(const std::string& domain) {
  const auto known = hosts_.find(domain);
  if (known != hosts_.end()) return Printable(known->second);
  const absl::StatusOr<pb::Domain> found = client_.GetDomain(domain);
  if (found.ok()) hosts_[domain] = found->hostname();
  return Printable(found.ok() ? found->hostname() : IdOf(domain));
}

}  // namespace cli
