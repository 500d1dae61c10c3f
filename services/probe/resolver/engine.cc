#include "probe/resolver/engine.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/deadline.h"
#include "base/strings.h"
#include "probe/core/answer_check.h"

namespace probe {
namespace {

// A server that does not know EDNS says so by FORMERR without an OPT record (RFC 6891, 7).
bool RefusesEdns(const Message& message) {
  return message.rcode == kRcodeFormatError && !message.has_edns;
}

}  // namespace

struct Engine::Inquiry {
  Inquiry(Key the_key, Asking the_asking, Done the_done)
      : key(the_key),
        asking(std::move(the_asking)),
        deadline(base::Deadline::After(asking.timeout)),
        done(std::move(the_done)) {}

  QueryOptions Options() const {
    return {.recursion_desired = asking.recursion_desired,
            .checking_disabled = asking.checking_disabled,
            .edns = edns};
  }

  const Key key;
  const Asking asking;
  bool edns = true;
  bool retried = false;
  base::Deadline deadline;
  Done done;
  // Of the current attempt; at most one ticket is set.
  std::chrono::steady_clock::time_point sent_time;
  std::optional<Timers::TimerId> timer;
  std::optional<UdpExchange::Ticket> udp;
  std::optional<TcpExchange::Ticket> tcp;
  std::string tcp_query;
  std::string why_tcp;
  std::optional<Message> truncated;  // what UDP brought, for when TCP brings nothing
};

Engine::Engine(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics)
    : loop_(loop), random_(random), udp_(options, loop, random, metrics), tcp_(loop) {}

Engine::~Engine() {
  for (auto& [key, inquiry] : inquiries_) {
    if (inquiry->timer) loop_.CancelTimer(*inquiry->timer);
  }
}

void Engine::Ask(Asking asking, Done done) {
  auto inquiry = std::make_unique<Inquiry>(next_key_++, std::move(asking), std::move(done));
  Inquiry& started = *inquiry;
  inquiries_[started.key] = std::move(inquiry);
  SendUdp(started);
}

Engine::Inquiry* Engine::Find(Key key) {
  const auto found = inquiries_.find(key);
  return found == inquiries_.end() ? nullptr : found->second.get();
}

void Engine::SendUdp(Inquiry& inquiry) {
  const Key key = inquiry.key;
  inquiry.sent_time = std::chrono::steady_clock::now();
  const auto ticket =
      udp_.Ask(inquiry.asking.server, inquiry.asking.question, inquiry.Options(),
               [this, key](UdpExchange::Event event, std::span<const std::uint8_t> packet) {
                 OnUdp(key, event, packet);
               });
  if (!ticket.ok()) {
    const bool ours = ticket.status().code() == absl::StatusCode::kResourceExhausted;
    return FinishLater(inquiry, {.kind = ours ? Reply::Kind::kNotAsked : Reply::Kind::kUnreachable,
                                 .note = std::string(ticket.status().message())});
  }
  inquiry.udp = *ticket;
  const absl::Duration left = inquiry.deadline.Remaining();
  inquiry.timer = loop_.After(inquiry.retried ? left : left / 2, [this, key] { OnTimer(key); });
}

void Engine::SendTcp(Inquiry& inquiry, const char* why) {
  const Key key = inquiry.key;
  QueryOptions options = inquiry.Options();
  options.id = static_cast<std::uint16_t>(random_.DrawU32());
  options.case_bits = random_.Draw<32>();
  inquiry.why_tcp = why;
  inquiry.tcp_query = EncodeQuery(inquiry.asking.question, options);
  inquiry.sent_time = std::chrono::steady_clock::now();
  if (inquiry.timer) loop_.CancelTimer(*inquiry.timer);
  inquiry.timer = loop_.After(inquiry.deadline.Remaining(), [this, key] { OnTimer(key); });
  const auto ticket =
      tcp_.Ask(inquiry.asking.server, inquiry.tcp_query,
               [this, key](std::span<const std::uint8_t> packet) { OnTcp(key, packet); });
  if (!ticket.ok()) {
    return FinishLater(
        inquiry, {.kind = Reply::Kind::kNotAsked, .note = std::string(ticket.status().message())});
  }
  inquiry.tcp = *ticket;
}

void Engine::OnUdp(Key key, UdpExchange::Event event, std::span<const std::uint8_t> packet) {
  Inquiry* const inquiry = Find(key);
  if (inquiry == nullptr) return;
  inquiry->udp.reset();
  if (inquiry->timer) loop_.CancelTimer(*inquiry->timer);
  if (event == UdpExchange::Event::kUndelivered) {
    return Retry(*inquiry, /*suspicious=*/false, Reply::Kind::kUnreachable);
  }
  if (event == UdpExchange::Event::kCaseLost) {
    return SendTcp(*inquiry, "the answer over UDP had lost our letter case");
  }
  absl::StatusOr<Message> message = ParseMessage(packet);
  if (!message.ok()) return SendTcp(*inquiry, "the answer over UDP could not be read");
  if (message->truncated) {
    inquiry->truncated = *std::move(message);
    return SendTcp(*inquiry, "the answer over UDP was cut");
  }
  if (inquiry->edns && RefusesEdns(*message)) {
    inquiry->edns = false;
    return SendUdp(*inquiry);
  }
  Accept(*inquiry, *std::move(message));
}

void Engine::OnTcp(Key key, std::span<const std::uint8_t> packet) {
  Inquiry* const inquiry = Find(key);
  if (inquiry == nullptr) return;
  inquiry->tcp.reset();
  if (packet.empty()) {
    if (inquiry->truncated) return Accept(*inquiry, *std::move(inquiry->truncated));
    return Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                             .note = inquiry->why_tcp + ", and it accepts no TCP"});
  }
  absl::StatusOr<Message> message = ParseMessage(packet);
  const AnswerCheck check = CheckAnswer(base::AsBytes(inquiry->tcp_query), packet);
  if (check != AnswerCheck::kAccepted || !message.ok()) {
    return Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                             .over_tcp = true,
                             .note = "what came over TCP is no answer to the question"});
  }
  Accept(*inquiry, *std::move(message));
}

void Engine::OnTimer(Key key) {
  Inquiry* const inquiry = Find(key);
  if (inquiry == nullptr) return;
  inquiry->timer.reset();
  if (inquiry->udp) {
    const bool suspicious = udp_.GiveUp(*std::exchange(inquiry->udp, std::nullopt));
    return Retry(*inquiry, suspicious, Reply::Kind::kTimeout);
  }
  if (inquiry->truncated) return Accept(*inquiry, *std::move(inquiry->truncated));
  Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                    .note = inquiry->why_tcp + ", and nothing came over TCP"});
}

// The attempt over UDP has failed. `suspicious`: packets came that claimed to be the answer.
void Engine::Retry(Inquiry& inquiry, bool suspicious, Reply::Kind otherwise) {
  if (!inquiry.retried && !inquiry.deadline.Expired()) {
    inquiry.retried = true;
    if (suspicious) return SendTcp(inquiry, "the packets over UDP did not answer the question");
    return SendUdp(inquiry);
  }
  if (!suspicious) return Finish(inquiry, {.kind = otherwise});
  Finish(inquiry, {.kind = Reply::Kind::kMalformed,
                   .note = "the packets that came did not answer the question"});
}

void Engine::Accept(Inquiry& inquiry, Message message) {
  Reply reply{
      .kind = Reply::Kind::kAnswered,
      .message = std::move(message),
      .over_tcp = !inquiry.why_tcp.empty(),
      .round_trip_time = absl::FromChrono(std::chrono::steady_clock::now() - inquiry.sent_time)};
  if (reply.message.truncated) reply.note = inquiry.why_tcp + ", and TCP gave no whole one";
  Finish(inquiry, std::move(reply));
}

void Engine::Finish(Inquiry& inquiry, Reply reply) {
  auto node = inquiries_.extract(inquiry.key);
  const std::unique_ptr<Inquiry> ended = std::move(node.mapped());
  if (ended->timer) loop_.CancelTimer(*ended->timer);
  if (ended->udp) udp_.GiveUp(*ended->udp);
  if (ended->tcp) tcp_.GiveUp(*ended->tcp);
  ended->done(std::move(reply));
}

void Engine::FinishLater(Inquiry& inquiry, Reply reply) {
  if (inquiry.timer) loop_.CancelTimer(*inquiry.timer);
  const Key key = inquiry.key;
  inquiry.timer =
      loop_.After(absl::ZeroDuration(), [this, key, reply = std::move(reply)]() mutable {
        if (Inquiry* const failed = Find(key)) Finish(*failed, std::move(reply));
      });
}

}  // namespace probe
