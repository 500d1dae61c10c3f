// Asks one question of one server and says how it went: over UDP, a second time when nothing comes,
// over TCP when UDP's answer is cut or cannot be trusted.
//
//   UDP ──answer──────────────────────────────► done
//    │ └─truncated, letter case lost, unreadable ──► TCP ──► done
//    │ └─FORMERR without EDNS ──► UDP without EDNS
//    └─half the time passed, or ICMP ──► UDP again with a new id and port; TCP if packets came that
//                                        claimed to be the answer ──► done
//
// UDP is our own (udp_exchange.h), TCP is c-ares' (tcp_exchange.h); ids, ports, timers and checks
// are ours for both.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "base/metrics.h"
#include "base/random.h"
#include "probe/core/asker.h"
#include "probe/core/dns_message.h"
#include "probe/core/ip_address.h"
#include "probe/resolver/event_loop.h"
#include "probe/resolver/slot_pool.h"
#include "probe/resolver/tcp_exchange.h"
#include "probe/resolver/udp_exchange.h"

namespace probe {

// Confined to its loop's thread.
class Engine final : public Asker, private UdpExchange::Listener {
 public:
  using Options = UdpExchange::Options;

  // All must outlive the engine. When it is destroyed, open questions end without a call.
  Engine(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void Ask(const Asking& asking, Done done) override;

 private:
  using Key = std::uint64_t;

  // What few questions come to.
  struct OverTcp {
    std::optional<TcpExchange::Ticket> ticket = std::nullopt;
    EncodedQuery query = {};
    const char* why = "";
    std::optional<Message> truncated = std::nullopt;  // what UDP brought, if TCP brings nothing
  };
  // What is open: all in one place, which is used again, so Ask sets every field. At most one of
  // UDP's attempt and TCP's ticket is open.
  struct Inquiry final : UdpExchange::Attempt, TimerWheel::Alarm {
    void Ring() override { engine->OnTimer(*this); }

    Engine* engine = nullptr;
    Key key = 0;
    bool edns = true;
    bool retried = false;
    EventLoop::Time deadline = {};
    EventLoop::Time sent_time = {};  // of the current attempt
    Done done = {};
    std::unique_ptr<OverTcp> over_tcp = nullptr;
    std::unique_ptr<Reply> failure = nullptr;  // for when the alarm rings
  };

  std::chrono::nanoseconds Remaining(const Inquiry& inquiry) const;
  void SendUdp(Inquiry& inquiry);
  void SendTcp(Inquiry& inquiry, const char* why);
  void Prefetch(const UdpExchange::Attempt& attempt, int step) override;
  void OnUdp(UdpExchange::Attempt& attempt, UdpExchange::Event event,
             std::span<const std::uint8_t> packet) override;
  void TakeAnswer(Inquiry& inquiry, std::span<const std::uint8_t> packet);
  void OnTcp(Key key, std::span<const std::uint8_t> packet);
  void OnTimer(Inquiry& inquiry);
  void Retry(Inquiry& inquiry, bool suspicious, Reply::Kind otherwise);
  void AcceptTruncated(Inquiry& inquiry);
  void Accept(Inquiry& inquiry, Reply& reply);
  void Finish(Inquiry& inquiry, const Reply& reply);
  void FinishLater(Inquiry& inquiry, Reply::Kind kind, const absl::Status& why);

  EventLoop& loop_;
  RandomPool random_;
  UdpExchange udp_;
  TcpExchange tcp_;
  SlotPool<Inquiry> inquiries_;
  Reply answer_;  // the one that is being handed out; its memory is used again
};

}  // namespace probe
