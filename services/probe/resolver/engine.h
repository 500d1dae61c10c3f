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

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
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
class Engine final : public Asker {
 public:
  using Options = UdpExchange::Options;

  // All must outlive the engine. When it is destroyed, open questions end without a call.
  Engine(Options options, EventLoop& loop, base::Random& random, base::Metrics& metrics);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void Ask(Asking asking, Done done) override;

 private:
  using Key = std::uint64_t;

  // What is open. Its place is used again, so Ask sets every field.
  struct Inquiry {
    Key key = 0;
    Asking asking = {};
    bool edns = true;
    bool retried = false;
    EventLoop::Time deadline = {};
    Done done = nullptr;
    // Of the current attempt; at most one ticket is set.
    EventLoop::Time sent_time = {};
    std::optional<Timers::TimerId> timer = std::nullopt;
    std::optional<UdpExchange::Ticket> udp = std::nullopt;
    std::optional<TcpExchange::Ticket> tcp = std::nullopt;
    std::string tcp_query = {};
    const char* why_tcp = "";                      // empty: not asked over TCP
    std::unique_ptr<Message> truncated = nullptr;  // what UDP brought, for when TCP brings nothing
  };

  absl::Duration Remaining(const Inquiry& inquiry) const;
  void SendUdp(Inquiry& inquiry);
  void SendTcp(Inquiry& inquiry, const char* why);
  void OnUdp(Key key, UdpExchange::Event event, std::span<const std::uint8_t> packet);
  void OnTcp(Key key, std::span<const std::uint8_t> packet);
  void OnTimer(Key key);
  void Retry(Inquiry& inquiry, bool suspicious, Reply::Kind otherwise);
  void Accept(Inquiry& inquiry, Message message);
  void Finish(Inquiry& inquiry, Reply reply);
  void FinishLater(Inquiry& inquiry, Reply reply);

  EventLoop& loop_;
  RandomPool random_;
  UdpExchange udp_;
  TcpExchange tcp_;
  SlotPool<Inquiry> inquiries_;
};

}  // namespace probe
