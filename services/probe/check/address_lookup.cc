#include "probe/check/address_lookup.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/core/reading.h"

namespace probe {
namespace {

using observation::Outcome;

constexpr std::size_t kMaxServers = 16;  // asked for one type
constexpr std::size_t kV6 = 0;
constexpr std::size_t kV4 = 1;

}  // namespace

AddressLookup::AddressLookup(CheckEnvironment& environment, DnsName host, Done done)
    : environment_(environment), done_(std::move(done)), visited_({std::move(host)}) {}

void AddressLookup::Begin() { FindZone(); }

void AddressLookup::FindZone() {
  search_ = std::make_shared<ZoneSearch>(environment_, visited_.back());
  // By a pointer of its own: the answer may come at once, and begin the next search.
  const std::shared_ptr<ZoneSearch> search = search_;
  search->Begin([self = weak_from_this()](const FoundZone& found) {
    if (const auto lookup = self.lock()) lookup->OnZone(found.zone.get());
  });
}

// Null when no root server led anywhere.
void AddressLookup::OnZone(const Zone* zone) {
  if (zone == nullptr) {
    return Finish({}, AddressGap{Outcome::kUnreachable, "no root server led to the host's zone"});
  }
  zone_ = zone->name;
  servers_.clear();
  for (const Nameserver& nameserver : zone->nameservers) {
    for (const IpAddress& address : nameserver.addresses) {
      if (servers_.size() == kMaxServers || !environment_.policy.MayAsk(address)) continue;
      servers_.push_back({address, environment_.authoritative_port});
    }
  }
  searches_[kV6] = {.type = RrType::kAaaa};
  searches_[kV4] = {.type = RrType::kA};
  for (Search& search : searches_) {
    search.answer.gap = AddressGap{
        Outcome::kNotAsked, "no nameserver of the host's zone has an address to be asked at"};
  }
  if (servers_.empty()) return Finish({}, searches_[kV6].answer.gap);
  AskNext(kV6);
  AskNext(kV4);
}

void AddressLookup::AskNext(std::size_t index) {
  Search& search = searches_[index];
  environment_.asker.Ask({.server = servers_[search.next_server++],
                          .question = {visited_.back(), search.type},
                          .timeout = environment_.query_timeout},
                         [self = weak_from_this(), index](const Reply& reply) {
                           if (const auto lookup = self.lock()) lookup->OnReply(index, reply);
                         });
}

void AddressLookup::OnReply(std::size_t index, const Reply& reply) {
  Search& search = searches_[index];
  const Question question{visited_.back(), search.type};
  if (std::optional<AddressAnswer> answer = ReadAddresses(reply, question)) {
    search.answer = *std::move(answer);
    search.finished = true;
  } else if (search.next_server == servers_.size()) {
    search.answer.gap = AddressGap{
        FailureOf(reply),
        absl::StrFormat("no nameserver told its %s records", index == kV6 ? "AAAA" : "A")};
    search.finished = true;
  } else {
    return AskNext(index);
  }
  FinishIfAnswered();
}

void AddressLookup::FinishIfAnswered() {
  if (!std::ranges::all_of(searches_, &Search::finished)) return;
  AddressAnswer joined =
      JoinAddresses(std::move(searches_[kV6].answer), std::move(searches_[kV4].answer));
  if (joined.alias) return Follow(*std::move(joined.alias));
  if (joined.gap) {
    // It may have come of a zone's nameservers that were known from before.
    for (const DnsName& name : visited_) {
      environment_.zones.Forget(name, environment_.clock.TimeNow());
    }
  }
  Finish(std::move(joined.addresses), std::move(joined.gap));
}

void AddressLookup::Follow(DnsName target) {
  const bool again = std::ranges::find(visited_, target) != visited_.end();
  if (again || visited_.size() > kMaxAliases) {
    return Finish({}, AddressGap{Outcome::kCnameLoop,
                                 again ? "its CNAMEs are a loop"
                                       : absl::StrFormat("it has more than %d CNAMEs in a row",
                                                         kMaxAliases)});
  }
  visited_.push_back(std::move(target));
  FindZone();
}

void AddressLookup::Finish(std::vector<IpAddress> addresses, std::optional<AddressGap> gap) {
  if (done_ == nullptr) return;
  std::exchange(done_, nullptr)({.addresses = std::move(addresses),
                                 .gap = std::move(gap),
                                 .zone = zone_,
                                 .cname_chain = {visited_.begin() + 1, visited_.end()}});
}

}  // namespace probe
