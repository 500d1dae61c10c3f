// A DNS in which any answer may be hostile: octets as they come, or records put together from names
// and addresses that lead somewhere. Others are those of a well-run zone, so that the hostile ones
// come late as well as early.

#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "fuzz/require.h"
#include "observation/observation_proto.h"
#include "probe/check/checker.h"
#include "probe/check/climb.h"
#include "probe/check/environment.h"
#include "probe/check/question_budget.h"
#include "scenarios/draw.h"
#include "scenarios/timeline.h"
#include "scenarios/zone_data.h"

namespace fuzz {

using probe::DnsName;
using probe::IpAddress;
using probe::Message;
using probe::Record;
using probe::Reply;
using probe::RrType;

inline constexpr std::size_t kMaxMessage = 600;
inline constexpr std::size_t kMaxRecords = 20;  // in a section
inline constexpr absl::Duration kQueryTimeout = absl::Seconds(2);

inline constexpr std::array kNames = {"_acme-challenge.www.shop.test",
                                      "www.shop.test",
                                      "shop.test",
                                      "test",
                                      ".",
                                      "ns1.shop.test",
                                      "ns2.shop.test",
                                      "ns.dns.example",
                                      "dns.example",
                                      "www.shop.test.id1.dcv.test",
                                      "dcv.test",
                                      "*.shop.test"};
inline constexpr std::array kAddresses = {"20.0.0.1",  "20.0.0.2", "20.0.0.3",
                                          "2600::1",   "10.0.0.1", "fd00::1",
                                          "127.0.0.1", "::1",      "64:ff9b::a00:1"};
inline constexpr std::array kTypes = {RrType::kA,   RrType::kNs,   RrType::kCname, RrType::kSoa,
                                      RrType::kTxt, RrType::kAaaa, RrType::kDname, RrType::kCaa};

inline Record MakeRecord(const char* owner, RrType type, Record::Data data) {
  return {*DnsName::Parse(owner), type, absl::Hours(1), std::move(data)};
}

// The root, which knows shop.test, and that zone.
inline scenarios::ZoneData WellRun(const char* apex) {
  scenarios::ZoneData zone{.apex = *DnsName::Parse(apex)};
  for (const auto& [server, address] :
       {std::pair("ns1.shop.test", "20.0.0.2"), std::pair("ns2.shop.test", "20.0.0.3")}) {
    zone.records.push_back(MakeRecord("shop.test", RrType::kNs, *DnsName::Parse(server)));
    zone.records.push_back(MakeRecord(server, RrType::kA, *IpAddress::Parse(address)));
  }
  zone.records.push_back(MakeRecord(kNames[0], RrType::kTxt, std::string("token")));
  zone.records.push_back(MakeRecord(kNames[1], RrType::kA, *IpAddress::Parse(kAddresses[2])));
  zone.records.push_back(MakeRecord(kNames[1], RrType::kAaaa, *IpAddress::Parse(kAddresses[3])));
  return zone;
}

// What the server there should say; resolvers know the zone's records.
inline Message HonestAnswer(const probe::Asking& asking) {
  static const IpAddress root_server = *IpAddress::Parse("20.0.0.1");
  static const scenarios::ZoneData root = WellRun(".");
  static const scenarios::ZoneData shop = WellRun("shop.test");
  const bool is_root =
      asking.server.ip == root_server || !asking.question.name.IsSubdomainOf(shop.apex);
  Message message = scenarios::Respond(is_root ? root : shop, asking.question);
  message.question = asking.question;
  message.recursion_available = asking.recursion_desired;
  return message;
}

// Answers from the input, and as it should be when that is used up.
class HostileAsker final : public probe::Asker {
 public:
  HostileAsker(FuzzedDataProvider& input, scenarios::Timeline& timeline)
      : input_(input), timeline_(timeline) {}

  void Ask(const probe::Asking& asking, Done done) override {
    Require(policy_.MayAsk(asking.server.ip), "no refused address is asked");
    (asking.recursion_desired ? resolver_questions_ : nameserver_questions_)++;
    Reply reply = NextReply(asking);
    const absl::Duration delay = reply.kind == Reply::Kind::kTimeout
                                     ? asking.timeout
                                     : absl::Milliseconds(input_.ConsumeIntegral<std::uint8_t>());
    timeline_.After(delay, [reply = std::move(reply), done = std::move(done)]() mutable {
      done(std::move(reply));
    });
  }

  int nameserver_questions() const { return nameserver_questions_; }
  int resolver_questions() const { return resolver_questions_; }

 private:
  template <typename T>
  const auto& Pick(const T& from) {
    return from[input_.ConsumeIntegralInRange<std::size_t>(0, from.size() - 1)];
  }

  Reply NextReply(const probe::Asking& asking) {
    const probe::Question& question = asking.question;
    if (input_.remaining_bytes() == 0) {
      return {.kind = Reply::Kind::kAnswered, .message = HonestAnswer(asking)};
    }
    switch (input_.ConsumeIntegralInRange(0, 15)) {
      case 0:
        return {.kind = Reply::Kind::kTimeout};
      case 1:
        return {.kind = Reply::Kind::kUnreachable};
      case 2:
        return {.kind = Reply::Kind::kNotAsked};
      case 3:
        return FromOctets(question);
      case 4:
      case 5:
      case 6:
      case 7:
        return {.kind = Reply::Kind::kAnswered, .message = FromRecords(question)};
      default:
        return {.kind = Reply::Kind::kAnswered, .message = HonestAnswer(asking)};
    }
  }

  Reply FromOctets(const probe::Question& question) {
    const auto wire = input_.ConsumeBytes<std::uint8_t>(
        input_.ConsumeIntegralInRange<std::size_t>(0, kMaxMessage));
    absl::StatusOr<Message> message = probe::ParseMessage(wire);
    if (!message.ok()) return {.kind = Reply::Kind::kMalformed};
    message->question = question;
    return {.kind = Reply::Kind::kAnswered, .message = *std::move(message)};
  }

  Message FromRecords(const probe::Question& question) {
    const auto flags = input_.ConsumeIntegral<std::uint8_t>();
    Message message{.authoritative = (flags & 1U) == 0,
                    .truncated = (flags & 0xeU) == 0xeU,
                    .recursion_available = (flags & 0x10U) != 0,
                    .rcode = (flags & 0x20U) != 0 ? input_.ConsumeIntegralInRange(0, 23) : 0,
                    .question = question};
    if ((flags & 0x40U) != 0) message.extended_error = input_.ConsumeIntegralInRange(0, 30);
    message.answers = NextRecords(question);
    message.authority = NextRecords(question);
    message.additional = NextRecords(question);
    return message;
  }

  std::vector<Record> NextRecords(const probe::Question& question) {
    std::vector<Record> records;
    const auto count = input_.ConsumeIntegral<std::uint8_t>();
    for (std::size_t i = 0; i < count % kMaxRecords; ++i) records.push_back(NextRecord(question));
    return records;
  }

  DnsName NextName(const probe::Question& question) {
    switch (input_.ConsumeIntegralInRange(0, 3)) {
      case 0:
        return question.name;
      case 1:
        return question.name.Parent();
      default:
        return *DnsName::Parse(Pick(kNames));
    }
  }

  Record NextRecord(const probe::Question& question) {
    Record record{.owner = NextName(question),
                  .type = input_.ConsumeBool() ? question.type : Pick(kTypes),
                  .ttl = absl::Seconds(input_.ConsumeIntegral<std::uint16_t>())};
    switch (record.type) {
      case RrType::kA:
      case RrType::kAaaa:
        record.data = *IpAddress::Parse(Pick(kAddresses));
        record.type = std::get<IpAddress>(record.data).is_v6() ? RrType::kAaaa : RrType::kA;
        break;
      case RrType::kNs:
      case RrType::kCname:
      case RrType::kDname:
        record.data = NextName(question);
        break;
      case RrType::kSoa:
        record.data = probe::SoaData{
            .serial = input_.ConsumeIntegral<std::uint32_t>(),
            .minimum = absl::Seconds(input_.ConsumeIntegral<std::uint32_t>() & 0x7fffffffU)};
        break;
      case RrType::kCaa:
        record.data = probe::CaaData{.flags = input_.ConsumeIntegral<std::uint8_t>(),
                                     .tag = input_.ConsumeBool() ? "issue" : "issuewild",
                                     .value = input_.ConsumeRandomLengthString(40)};
        break;
      default:
        record.data = input_.ConsumeBool() ? "token" : input_.ConsumeRandomLengthString(300);
        break;
    }
    return record;
  }

  FuzzedDataProvider& input_;
  scenarios::Timeline& timeline_;
  const probe::AddressPolicy policy_;
  int nameserver_questions_ = 0;
  int resolver_questions_ = 0;
};

// What a check runs in, and what must hold of it.
class HostileWorld {
 public:
  HostileWorld(FuzzedDataProvider& input, std::size_t size, base::Metrics& metrics)
      : draw_(size),
        asker_(input, timeline_),
        environment_{.timers = timeline_,
                     .asker = asker_,
                     .zones = zones_,
                     .roots = roots_,
                     .policy = policy_,
                     .resolvers = resolvers_,
                     .authoritative_port = 53,
                     .query_timeout = kQueryTimeout,
                     .clock = timeline_,
                     .metrics = metrics,
                     .random = draw_} {}

  probe::CheckEnvironment& environment() { return environment_; }
  scenarios::Timeline& timeline() { return timeline_; }

  probe::Checker::Done TakeReport() {
    return [this](const probe::Report& report) {
      ++reports_;
      for (const observation::Observation& seen : report.observations) {
        const auto accepted = observation::FromProto(observation::ToProto(seen));
        Require(accepted.ok(), "what a worker reports is within the service's bounds");
      }
    };
  }
  // A check that has begun. `names`: that resolvers may be asked about, for each type.
  void RunToEnd(std::size_t names) {
    timeline_.Run();
    Require(reports_ == 1, "a check reports once");
    Require(asker_.nameserver_questions() <= probe::kMaxQuestionsPerCheck,
            "nameservers are asked a bounded number of questions");
    // The question and what explains it.
    const std::size_t most = 8 * resolvers_.size() * names;
    Require(asker_.resolver_questions() <= static_cast<int>(most),
            "resolvers are asked a bounded number of questions");
  }

 private:
  scenarios::Timeline timeline_;
  scenarios::Draw draw_;
  HostileAsker asker_;
  probe::ZoneCache zones_{{}};
  const probe::Zone roots_{.nameservers = {{.name = *DnsName::Parse("ns.root"),
                                            .addresses = {*IpAddress::Parse("20.0.0.1")}}}};
  const probe::AddressPolicy policy_;
  const std::vector<probe::ResolverServer> resolvers_ = {{"one", {*IpAddress::Parse("30.0.0.1")}},
                                                         {"two", {*IpAddress::Parse("30.0.0.2")}}};
  int reports_ = 0;
  probe::CheckEnvironment environment_;
};

}  // namespace fuzz
