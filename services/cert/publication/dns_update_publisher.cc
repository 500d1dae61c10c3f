#include "cert/publication/dns_update_publisher.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/backoff.h"
#include "base/status_macros.h"

namespace cert {
namespace {

// 100 × (name 255 + value 256 + 10) octets, with zone and TSIG, stay below a message's 65535.
constexpr std::size_t kRecordsPerUpdate = 100;

// A secondary lags by a NOTIFY and a transfer. Knot 3.2 sends the NOTIFY at a full second, so the
// lag is up to about 1.5 s; an order waits for it, and looking costs one query.
constexpr base::BackoffPolicy kReread{
    .initial = absl::Milliseconds(40), .cap = absl::Milliseconds(250), .multiplier = 1.6};

std::string Describe(const DnsServer& server) {
  return absl::StrFormat("%s port %d", server.address, server.port);
}

absl::Status Prefixed(const std::string& prefix, const absl::Status& status) {
  return {status.code(), prefix + ": " + std::string(status.message())};
}

// UNAVAILABLE while the change is not seen. No message has a value: canaries and tokens are
// secrets.
absl::Status CheckAnswer(const TxtAnswer& answer, UpdateKind kind, const std::string& name,
                         const std::vector<std::string>& values) {
  const auto seen = [&answer](const std::string& value) {
    return std::ranges::find(answer.values, value) != answer.values.end();
  };
  if (kind == UpdateKind::kAdd && answer.has_cname) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "a CNAME stands at %s, beside which no TXT can be: remove the CNAME", name));
  }
  if (kind == UpdateKind::kAdd && !std::ranges::all_of(values, seen)) {
    return absl::UnavailableError(absl::StrFormat("does not show every value at %s yet", name));
  }
  if (kind == UpdateKind::kDelete && std::ranges::any_of(values, seen)) {
    return absl::UnavailableError(absl::StrFormat("still shows a withdrawn value at %s", name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DnsUpdatePublisher>> DnsUpdatePublisher::Create(
    Options options, base::Random& random) {
  if (options.servers.empty()) return absl::InvalidArgumentError("no server for the zone");
  // Signing an empty update tries zone, algorithm and secret.
  const auto trial = BuildUpdate({.zone = options.zone}, {}, options.key);
  if (!trial.ok()) return trial.status();
  return std::unique_ptr<DnsUpdatePublisher>(new DnsUpdatePublisher(std::move(options), random));
}

DnsUpdatePublisher::DnsUpdatePublisher(Options options, base::Random& random)
    : options_(std::move(options)), random_(random) {}

absl::Status DnsUpdatePublisher::Publish(const std::vector<TxtRecord>& records,
                                         base::Deadline deadline) {
  return Apply(UpdateKind::kAdd, records, deadline);
}

absl::Status DnsUpdatePublisher::Withdraw(const std::vector<TxtRecord>& records,
                                          base::Deadline deadline) {
  return Apply(UpdateKind::kDelete, records, deadline);
}

absl::Status DnsUpdatePublisher::Apply(UpdateKind kind, const std::vector<TxtRecord>& records,
                                       base::Deadline deadline) {
  if (records.empty()) return absl::OkStatus();
  std::vector<SignedMessage> updates;  // all are built before one is sent: all records are valid
  for (std::size_t first = 0; first < records.size(); first += kRecordsPerUpdate) {
    const std::size_t count = std::min(kRecordsPerUpdate, records.size() - first);
    const Update update{
        .zone = options_.zone,
        .kind = kind,
        .ttl_seconds = static_cast<std::uint32_t>(absl::ToInt64Seconds(options_.ttl)),
        .id = NewMessageId()};
    ASSIGN_OR_RETURN(SignedMessage message,
                     BuildUpdate(update, std::span(records).subspan(first, count), options_.key));
    updates.push_back(std::move(message));
  }
  for (const SignedMessage& update : updates) RETURN_IF_ERROR(SendUpdate(update, deadline));
  return AwaitEverywhere(kind, records, deadline);
}

absl::Status DnsUpdatePublisher::SendUpdate(const SignedMessage& update, base::Deadline deadline) {
  std::string silent;  // the servers that did not answer, and why
  for (const DnsServer& server : options_.servers) {
    absl::Status sent = SendUpdateTo(server, update, deadline);
    if (sent.ok()) return sent;
    if (deadline.Expired()) return absl::DeadlineExceededError(sent.message());
    const bool answered = !absl::IsUnavailable(sent) && !absl::IsDeadlineExceeded(sent);
    // A secondary refuses what its silent primary would take: only the first one's word counts.
    if (answered && silent.empty()) return sent;
    silent += (silent.empty() ? "" : "; ") + std::string(sent.message());
  }
  return absl::UnavailableError(silent);
}

absl::Status DnsUpdatePublisher::SendUpdateTo(const DnsServer& server, const SignedMessage& update,
                                              base::Deadline deadline) {
  const base::Deadline exchange = deadline.Within(options_.server_timeout);
  ASSIGN_OR_RETURN(DnsConnection connection, DnsConnection::Open(server, exchange));
  ASSIGN_OR_RETURN(const std::string reply, connection.Exchange(update.octets, exchange));
  const absl::Status checked = CheckUpdateReply(reply, update, options_.key);
  return checked.ok() ? checked : Prefixed(Describe(server), checked);
}

// A server that cannot be reached from here is left to the workers, who ask it from everywhere
// before the CA may (docs/architecture.md, "Publication").
absl::Status DnsUpdatePublisher::AwaitEverywhere(UpdateKind kind,
                                                 const std::vector<TxtRecord>& records,
                                                 base::Deadline deadline) {
  std::string silent;  // the servers that did not answer, and why
  bool shown_somewhere = false;
  for (const DnsServer& server : options_.servers) {
    const Reading reading = AwaitAt(server, kind, records, deadline);
    if (reading.answered && !reading.status.ok()) return reading.status;
    shown_somewhere |= reading.answered;
    if (reading.answered) continue;
    // It may not have had the time to answer.
    if (deadline.Expired()) {
      return absl::DeadlineExceededError(reading.status.message());
    }
    silent += (silent.empty() ? "" : "; ") + std::string(reading.status.message());
  }
  return shown_somewhere ? absl::OkStatus() : absl::UnavailableError(silent);
}

DnsUpdatePublisher::Reading DnsUpdatePublisher::AwaitAt(const DnsServer& server, UpdateKind kind,
                                                        const std::vector<TxtRecord>& records,
                                                        base::Deadline deadline) {
  Reading last;
  for (int reads = 1;; ++reads) {
    Reading reading = ReadBack(server, kind, records, deadline);
    // There was no time left for another answer: what it said before counts.
    if (!reading.answered && last.answered && deadline.Expired()) return last;
    const bool behind = reading.answered && absl::IsUnavailable(reading.status);
    const absl::Duration pause = base::BackoffDelay(kReread, reads, random_.Fraction());
    if (!behind || pause >= deadline.Remaining()) return reading;
    last = std::move(reading);
    // Nothing tells us when a secondary has caught up, so that looking again is all there is.
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(pause));
  }
}

DnsUpdatePublisher::Reading DnsUpdatePublisher::ReadBack(const DnsServer& server, UpdateKind kind,
                                                         const std::vector<TxtRecord>& records,
                                                         base::Deadline deadline) {
  std::map<std::string, std::vector<std::string>> values_by_name;  // each name is asked once
  for (const TxtRecord& record : records) values_by_name[record.name].push_back(record.value);
  const absl::Duration limit = options_.server_timeout;
  auto connection = DnsConnection::Open(server, deadline.Within(limit));
  if (!connection.ok()) return {.answered = false, .status = connection.status()};
  for (const auto& [name, values] : values_by_name) {
    const std::string query = BuildTxtQuery(name, NewMessageId());
    const auto reply = connection->Exchange(query, deadline.Within(limit));
    if (!reply.ok()) return {.answered = false, .status = reply.status()};
    const absl::StatusOr<TxtAnswer> answer = ParseTxtReply(*reply, query);
    const absl::Status shown =
        answer.ok() ? CheckAnswer(*answer, kind, name, values) : answer.status();
    if (!shown.ok()) return {.answered = true, .status = Prefixed(Describe(server), shown)};
  }
  return {.answered = true, .status = absl::OkStatus()};
}

std::uint16_t DnsUpdatePublisher::NewMessageId() {
  std::array<std::uint8_t, 2> octets{};
  random_.Fill(octets);
  return static_cast<std::uint16_t>(octets[0] << 8U | octets[1]);
}

}  // namespace cert
