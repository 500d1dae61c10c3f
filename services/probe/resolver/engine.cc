#include "probe/resolver/engine.h"

#include <algorithm>
#include <utility>

#include "probe/core/answer_check.h"
#include "probe/core/prefetch.h"

namespace probe {
namespace {

// A server that does not know EDNS says so by FORMERR without an OPT record (RFC 6891, 7).
bool RefusesEdns(const Message& message) {
  return message.rcode == kRcodeFormatError && !message.has_edns;
}

constexpr absl::Duration kLongestTimeout = absl::Hours(1);

}  // namespace

Engine::Engine(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics)
    : loop_(loop),
      random_(random),
      udp_(options, loop, random, metrics, *this),
      tcp_(loop),
      answer_{.kind = Reply::Kind::kAnswered} {}

Engine::~Engine() {
  inquiries_.ForEach([this](Inquiry& inquiry) { loop_.ClearAlarm(inquiry); });
}

void Engine::Ask(const Asking& asking, Done done) {
  const Key key = inquiries_.Add();
  Inquiry& inquiry = *inquiries_.Find(key);
  inquiry.server = asking.server;
  EncodeQuery(asking.question,
              {.recursion_desired = asking.recursion_desired,
               .checking_disabled = asking.checking_disabled},
              inquiry.query);
  inquiry.engine = this;
  inquiry.key = key;
  inquiry.edns = true;
  inquiry.retried = false;
  inquiry.deadline =
      loop_.now() + absl::ToChronoNanoseconds(std::min(asking.timeout, kLongestTimeout));
  inquiry.done = std::move(done);
  SendUdp(inquiry);
}

std::chrono::nanoseconds Engine::Remaining(const Inquiry& inquiry) const {
  return std::max<std::chrono::nanoseconds>(inquiry.deadline - loop_.now(), {});
}

void Engine::SendUdp(Inquiry& inquiry) {
  inquiry.sent_time = loop_.now();
  const absl::Status sent = udp_.Send(inquiry);
  if (!sent.ok()) {
    const bool ours = sent.code() == absl::StatusCode::kResourceExhausted;
    return FinishLater(inquiry, ours ? Reply::Kind::kNotAsked : Reply::Kind::kUnreachable, sent);
  }
  const std::chrono::nanoseconds left = Remaining(inquiry);
  loop_.SetAlarm(inquiry, inquiry.retried ? left : left / 2);
}

void Engine::SendTcp(Inquiry& inquiry, const char* why) {
  if (inquiry.over_tcp == nullptr) inquiry.over_tcp = std::make_unique<OverTcp>();
  OverTcp& over_tcp = *inquiry.over_tcp;
  over_tcp.why = why;
  over_tcp.query = inquiry.query;
  Disguise(random_.DrawU16(), random_.DrawCaseBits(inquiry.query.size()), over_tcp.query);
  inquiry.sent_time = loop_.now();
  loop_.SetAlarm(inquiry, Remaining(inquiry));
  const auto ticket = tcp_.Ask(
      inquiry.server, over_tcp.query,
      [this, key = inquiry.key](std::span<const std::uint8_t> packet) { OnTcp(key, packet); });
  if (!ticket.ok()) return FinishLater(inquiry, Reply::Kind::kNotAsked, ticket.status());
  over_tcp.ticket = *ticket;
}

void Engine::Prefetch(const UdpExchange::Attempt& attempt, int step) {
  const auto& inquiry = static_cast<const Inquiry&>(attempt);
  if (step == 0) return PrefetchWhole(&inquiry);
  inquiry.done.Prefetch(step - 1);
}

void Engine::OnUdp(UdpExchange::Attempt& attempt, UdpExchange::Event event,
                   std::span<const std::uint8_t> packet) {
  auto& inquiry = static_cast<Inquiry&>(attempt);
  switch (event) {
    case UdpExchange::Event::kAnswered:
      return TakeAnswer(inquiry, packet);
    case UdpExchange::Event::kCaseLost:
      return SendTcp(inquiry, "the answer over UDP had lost our letter case");
    case UdpExchange::Event::kUndelivered:
      return Retry(inquiry, /*suspicious=*/false, Reply::Kind::kUnreachable);
  }
}

void Engine::TakeAnswer(Inquiry& inquiry, std::span<const std::uint8_t> packet) {
  Message& message = answer_.message;
  if (!ParseMessage(packet, message).ok()) {
    return SendTcp(inquiry, "the answer over UDP could not be read");
  }
  if (message.truncated) {
    SendTcp(inquiry, "the answer over UDP was cut");
    inquiry.over_tcp->truncated = std::move(message);
    return;
  }
  if (inquiry.edns && RefusesEdns(message)) {
    inquiry.edns = false;
    RemoveEdns(inquiry.query);
    return SendUdp(inquiry);
  }
  Accept(inquiry, answer_);
}

void Engine::OnTcp(Key key, std::span<const std::uint8_t> packet) {
  Inquiry* const inquiry = inquiries_.Find(key);
  if (inquiry == nullptr) return;
  OverTcp& over_tcp = *inquiry->over_tcp;
  over_tcp.ticket.reset();
  if (packet.empty()) {
    if (over_tcp.truncated) return AcceptTruncated(*inquiry);
    return Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                             .note = std::string(over_tcp.why) + ", and it accepts no TCP"});
  }
  const absl::Status read = ParseMessage(packet, answer_.message);
  if (CheckAnswer(over_tcp.query, packet) != AnswerCheck::kAccepted || !read.ok()) {
    return Finish(*inquiry, {.kind = Reply::Kind::kMalformed,
                             .over_tcp = true,
                             .note = "what came over TCP is no answer to the question"});
  }
  Accept(*inquiry, answer_);
}

void Engine::OnTimer(Inquiry& inquiry) {
  if (inquiry.failure != nullptr) return Finish(inquiry, *std::exchange(inquiry.failure, nullptr));
  if (inquiry.open()) return Retry(inquiry, udp_.GiveUp(inquiry), Reply::Kind::kTimeout);
  if (inquiry.over_tcp->truncated) return AcceptTruncated(inquiry);
  Finish(inquiry, {.kind = Reply::Kind::kMalformed,
                   .note = std::string(inquiry.over_tcp->why) + ", and nothing came over TCP"});
}

// The attempt over UDP has failed. `suspicious`: packets came that claimed to be the answer.
void Engine::Retry(Inquiry& inquiry, bool suspicious, Reply::Kind otherwise) {
  if (!inquiry.retried && Remaining(inquiry) > std::chrono::nanoseconds::zero()) {
    inquiry.retried = true;
    if (suspicious) return SendTcp(inquiry, "the packets over UDP did not answer the question");
    return SendUdp(inquiry);
  }
  if (!suspicious) return Finish(inquiry, {.kind = otherwise});
  Finish(inquiry, {.kind = Reply::Kind::kMalformed,
                   .note = "the packets that came did not answer the question"});
}

void Engine::AcceptTruncated(Inquiry& inquiry) {
  Reply reply{.kind = Reply::Kind::kAnswered, .message = *std::move(inquiry.over_tcp->truncated)};
  Accept(inquiry, reply);
}

void Engine::Accept(Inquiry& inquiry, Reply& reply) {
  reply.over_tcp = inquiry.over_tcp != nullptr;
  reply.round_trip_time = absl::FromChrono(loop_.now() - inquiry.sent_time);
  reply.note.clear();
  if (reply.message.truncated) {
    reply.note = std::string(inquiry.over_tcp->why) + ", and TCP gave no whole one";
  }
  Finish(inquiry, reply);
}

void Engine::Finish(Inquiry& inquiry, const Reply& reply) {
  loop_.ClearAlarm(inquiry);
  if (inquiry.open()) udp_.GiveUp(inquiry);
  if (inquiry.over_tcp != nullptr && inquiry.over_tcp->ticket) {
    tcp_.GiveUp(*inquiry.over_tcp->ticket);
  }
  inquiry.over_tcp = nullptr;
  Done done = std::move(inquiry.done);
  inquiries_.Remove(inquiry.key);
  done(reply);
}

void Engine::FinishLater(Inquiry& inquiry, Reply::Kind kind, const absl::Status& why) {
  inquiry.failure =
      std::make_unique<Reply>(Reply{.kind = kind, .note = std::string(why.message())});
  loop_.SetAlarm(inquiry, std::chrono::nanoseconds::zero());
}

}  // namespace probe
