#include "probe/check/address_lookup.h"

#include <algorithm>
#include <utility>

#include "probe/core/zone_view.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;

constexpr std::array kTypes = {RrType::kAaaa, RrType::kA};

}  // namespace

AddressLookup::AddressLookup(CheckEnvironment& environment, DnsName host, Done done)
    : environment_(environment), done_(std::move(done)), visited_({std::move(host)}) {}

void AddressLookup::Begin() { FindZone(); }

void AddressLookup::FindZone() {
  search_ = std::make_shared<ZoneSearch>(environment_, visited_.back());
  // By a pointer of its own: the answer may come at once, and begin the next search.
  const std::shared_ptr<ZoneSearch> search = search_;
  search->Begin([self = weak_from_this()](FoundZone found) {
    if (const auto lookup = self.lock()) lookup->OnZone(std::move(found));
  });
}

// Null when no root server led anywhere.
void AddressLookup::OnZone(FoundZone found) {
  if (found.zone == nullptr) {
    result_.gap = AddressGap{Outcome::kUnreachable, "no root server led to the host's zone"};
    return Finish();
  }
  found_ = std::move(found);
  AskZone();
}

void AddressLookup::AskZone() {
  unfinished_ = rounds_.size();
  const auto any = std::make_shared<const Expectation>();
  for (std::size_t i = 0; i < rounds_.size(); ++i) {
    rounds_[i] = std::make_shared<NameserverRound>(environment_, found_.zone,
                                                   Question{visited_.back(), kTypes[i]}, any);
  }
  for (const auto& round : std::array(rounds_)) {  // the last may end at once, and be replaced
    round->Begin([self = weak_from_this()] {
      const auto lookup = self.lock();
      if (lookup != nullptr && --lookup->unfinished_ == 0) lookup->OnRound();
    });
  }
}

// Both rounds have asked the same servers, in the same order.
std::vector<AddressReadings> AddressLookup::TakeReadings() {
  for (const auto& round : rounds_) round->Explain();
  std::vector<AddressReadings> readings;
  for (std::size_t i = 0; i < rounds_[0]->slots().size(); ++i) {
    readings.push_back({*rounds_[0]->slots()[i].reading, *rounds_[1]->slots()[i].reading});
  }
  return readings;
}

void AddressLookup::OnRound() {
  HostVerdict verdict = JudgeHost(TakeReadings(), visited_);
  if (!MayLearnAgain(verdict)) return Conclude(std::move(verdict));
  // What was known of the zone may have changed, and these be its servers no longer.
  may_learn_again_ = false;
  verdict_ = std::move(verdict);
  environment_.zones.Forget(visited_.back(), environment_.clock.TimeNow());
  search_ = std::make_shared<ZoneSearch>(environment_, visited_.back());
  const std::shared_ptr<ZoneSearch> search = search_;
  search->Begin([self = weak_from_this()](FoundZone found) {
    if (const auto lookup = self.lock()) lookup->OnLearnedAgain(std::move(found));
  });
}

bool AddressLookup::MayLearnAgain(const HostVerdict& verdict) const {
  return may_learn_again_ && found_.from_cache && (verdict.gap || !verdict.dissent.empty());
}

void AddressLookup::OnLearnedAgain(FoundZone found) {
  if (found.zone == nullptr) return Conclude(std::move(verdict_));
  const bool same = HaveSameServers(*found.zone, *found_.zone);
  found_ = std::move(found);
  if (same) return Conclude(std::move(verdict_));
  AskZone();
}

void AddressLookup::Conclude(HostVerdict verdict) {
  AddDissent(std::move(verdict.dissent));
  result_.learn_time = std::min(result_.learn_time, found_.zone->learn_time);
  if (!verdict.follow) {
    result_.addresses = std::move(verdict.addresses);
    result_.gap = std::move(verdict.gap);
    return Finish();
  }
  visited_.push_back(*std::move(verdict.follow));
  FindZone();
}

void AddressLookup::AddDissent(std::vector<Observation> dissent) {
  for (Observation& observation : dissent) ShowWay(*found_.zone, visited_, observation);
  observation::Append(std::move(dissent), result_.dissent);
}

// What was learnt of these zones led to servers that do not all tell the same.
void AddressLookup::ForgetZones() {
  for (const DnsName& name : visited_) {
    environment_.zones.Forget(name, environment_.clock.TimeNow());
  }
}

void AddressLookup::Finish() {
  if (done_ == nullptr) return;
  if (result_.gap || !result_.dissent.empty()) ForgetZones();
  if (found_.zone != nullptr) result_.zone = found_.zone->name;
  result_.cname_chain = {visited_.begin() + 1, visited_.end()};
  std::exchange(done_, nullptr)(std::move(result_));
}

}  // namespace probe
