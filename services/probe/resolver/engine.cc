#include "probe/resolver/engine.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "probe/core/answer_check.h"

namespace probe {
namespace {

// A server that does not know EDNS says so by FORMERR without an OPT record (RFC 6891, 7).
bool RefusesEdns(const Message& message) {
  return message.rcode == kRcodeFormatError && !message.has_edns;
}

constexpr absl::Duration kLongestTimeout = absl::Hours(1);

QueryOptions OptionsOf(const Asking& asking, bool edns) {
  return {.recursion_desired = asking.recursion_desired,
          .checking_disabled = asking.checking_disabled,
          .edns = edns};
}

}  // namespace

Engine::Engine(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics)
    : loop_(loop), random_(random), udp_(options, loop, random, metrics), tcp_(loop) {}

Engine::~Engine() {
  inquiries_.ForEach([this](Inquiry& inquiry) {
    if (inquiry.timer) loop_.CancelTimer(*inquiry.timer);
  });
}

void Engine::Ask(Asking asking, Done done) {
  const Key key = inquiries_.Add();
  Inquiry& inquiry = *inquiries_.Find(key);
  const absl::Duration timeout = std::min(asking.timeout, kLongestTimeout);
  inquiry = {.key = key,
             .asking = std::move(asking),
             .deadline = loop_.now() + absl::ToChronoNanoseconds(timeout),
             .done = std::move(done)};
  SendUdp(inquiry);
}

absl::Duration Engine::Remaining(const Inquiry& inquiry) const {
  return std::max(absl::FromChrono(inquiry.deadline - loop_.now()), absl::ZeroDuration());
}

void Engine::SendUdp(Inquiry& inquiry) {
  const Key key = inquiry.key;
  inquiry.sent_time = loop_.now();
  const auto ticket = udp_.Ask(
      inquiry.asking.server, inquiry.asking.question, OptionsOf(inquiry.asking, inquiry.edns),
      [this, key](UdpExchange::Event event, std::span<const std::uint8_t> packet) {
        OnUdp(key, event, packet);
      });
  if (!ticket.ok()) {
    const bool ours = ticket.status().code() == absl::StatusCode::kResourceExhausted;
    return FinishLater(inquiry, {.kind = ours ? Reply::Kind::kNotAsked : Reply::Kind::kUnreachable,
                                 .note = std::string(ticket.status().message())});
  }
  inquiry.udp = *ticket;
  const absl::Duration left = Remaining(inquiry);
  inquiry.timer = loop_.After(inquiry.retried ? left : left / 2, [this, key] { OnTimer(key); });
}

void Engine::SendTcp(Inquiry& inquiry, const char* why) {
  const Key key = inquiry.key;
  QueryOptions options = OptionsOf(inquiry.asking, inquiry.edns);
  options.id = random_.DrawU16();
  options.case_bits = random_.DrawCaseBits(inquiry.asking.question.name.wire().size());
  inquiry.why_tcp = why;
  inquiry.tcp_query = EncodeQuery(inquiry.asking.question, options);
  inquiry.sent_time = loop_.now();
  if (inquiry.timer) loop_.CancelTimer(*inquiry.timer);
  inquiry.timer = loop_.After(Remaining(inquiry), [this, key] { OnTimer(key); });
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
  Inquiry* const inquiry = inquiries_.Find(key);
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
    inquiry->truncated = std::make_unique<Message>(*std::move(message));
    return SendTcp(*inquiry, "the answer over UDP was cut");
  }
  if (inquiry->edns && RefusesEdns(*message)) {
    inquiry->edns = false;
    return SendUdp(*inquiry);
  }
  Accept(*inquiry, *std::move(message));
}

void Engine::OnTcp(Key key, std::span<const std::uint8_t> packet) {
  Inquiry* const inquiry = inquiries_.Find(key);
  if (inquiry == nullptr) return;
  inquiry->tcp.reset();
  if (packet.empty()) {
    if (inquiry->truncated) return Accept(*inquiry, std::move(*inquiry->truncated));
    return Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                             .note = std::string(inquiry->why_tcp) + ", and it accepts no TCP"});
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
  Inquiry* const inquiry = inquiries_.Find(key);
  if (inquiry == nullptr) return;
  inquiry->timer.reset();
  if (inquiry->udp) {
    const bool suspicious = udp_.GiveUp(*std::exchange(inquiry->udp, std::nullopt));
    return Retry(*inquiry, suspicious, Reply::Kind::kTimeout);
  }
  if (inquiry->truncated) return Accept(*inquiry, std::move(*inquiry->truncated));
  Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                    .note = std::string(inquiry->why_tcp) + ", and nothing came over TCP"});
}

// The attempt over UDP has failed. `suspicious`: packets came that claimed to be the answer.
void Engine::Retry(Inquiry& inquiry, bool suspicious, Reply::Kind otherwise) {
  if (!inquiry.retried && Remaining(inquiry) > absl::ZeroDuration()) {
    inquiry.retried = true;
    if (suspicious) return SendTcp(inquiry, "the packets over UDP did not answer the question");
    return SendUdp(inquiry);
  }
  if (!suspicious) return Finish(inquiry, {.kind = otherwise});
  Finish(inquiry, {.kind = Reply::Kind::kMalformed,
                   .note = "the packets that came did not answer the question"});
}

void Engine::Accept(Inquiry& inquiry, Message message) {
  Reply reply{.kind = Reply::Kind::kAnswered,
              .message = std::move(message),
              .over_tcp = *inquiry.why_tcp != '\0',
              .round_trip_time = absl::FromChrono(loop_.now() - inquiry.sent_time)};
  if (reply.message.truncated)
    reply.note = std::string(inquiry.why_tcp) + ", and TCP gave no whole one";
  Finish(inquiry, std::move(reply));
}

void Engine::Finish(Inquiry& inquiry, Reply reply) {
  if (inquiry.timer) loop_.CancelTimer(*inquiry.timer);
  if (inquiry.udp) udp_.GiveUp(*inquiry.udp);
  if (inquiry.tcp) tcp_.GiveUp(*inquiry.tcp);
  Done done = std::exchange(inquiry.done, nullptr);
  inquiry.truncated.reset();
  inquiries_.Remove(inquiry.key);
  done(std::move(reply));
}

void Engine::FinishLater(Inquiry& inquiry, Reply reply) {
  if (inquiry.timer) loop_.CancelTimer(*inquiry.timer);
  const Key key = inquiry.key;
  inquiry.timer =
      loop_.After(absl::ZeroDuration(), [this, key, reply = std::move(reply)]() mutable {
        if (Inquiry* const failed = inquiries_.Find(key)) Finish(*failed, std::move(reply));
      });
}

}  // namespace probe
