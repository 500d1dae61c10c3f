#include "probe/check/authoritative_lookup.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/core/cache_time.h"
#include "probe/core/zone_view.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::Vote;

}  // namespace

AuthoritativeLookup::AuthoritativeLookup(CheckEnvironment& environment, Question question,
                                         std::shared_ptr<const Expectation> expectation,
                                         bool may_learn_again)
    : environment_(environment),
      type_(question.type),
      expectation_(std::move(expectation)),
      may_learn_again_(may_learn_again),
      visited_{std::move(question.name)} {}

void AuthoritativeLookup::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  FindZone();
}

void AuthoritativeLookup::FindZone() {
  const absl::Time now = environment_.clock.TimeNow();
  if (auto known = environment_.zones.Holder(visited_.back(), now)) {  // as nearly always
    return OnZone({.zone = std::move(known), .from_cache = true});
  }
  search_ = std::make_shared<ZoneSearch>(environment_, visited_.back());
  const std::shared_ptr<ZoneSearch> search = search_;  // it may end, and be replaced, in there
  search->Begin([self = weak_from_this()](FoundZone found) {
    if (const auto lookup = self.lock()) lookup->OnZone(std::move(found));
  });
}

void AuthoritativeLookup::OnZone(FoundZone found) {
  if (found.zone == nullptr) {
    result_.failure =
        absl::StrFormat("no root server led to the zone of \"%s\"", visited_.back().ToString());
    return Finish();
  }
  AskZone(std::move(found));
}

void AuthoritativeLookup::AskZone(FoundZone found) {
  found_ = std::move(found);
  round_ = std::make_shared<NameserverRound>(environment_, found_.zone,
                                             Question{visited_.back(), type_}, expectation_);
  const std::shared_ptr<NameserverRound> round = round_;
  round->Begin([self = weak_from_this()] {
    if (const auto lookup = self.lock()) lookup->OnRound();
  });
}

void AuthoritativeLookup::OnRound() {
  if (round_->AllAgree()) {  // as nearly always
    CountRecords();
    return EndChain(round_->TakeObservations());
  }
  round_->Explain();
  std::vector<Reading> readings;
  for (const Slot& slot : round_->slots()) readings.push_back(*slot.reading);
  verdict_ = JudgeHop(std::move(readings), visited_);
  if (AllAgree(verdict_.observations)) return FinishHop(std::move(verdict_.observations));
  if (found_.from_cache && may_learn_again_) return LearnAgain();
  LookTwice();
}

// What was known of the zone may have changed, and the servers that were asked be no longer its
// own.
void AuthoritativeLookup::LearnAgain() {
  may_learn_again_ = false;
  learning_again_ = true;
  result_.learned_again = true;
  environment_.zones.Forget(visited_.back(), environment_.clock.TimeNow());
  search_ = std::make_shared<ZoneSearch>(environment_, visited_.back());
  const std::shared_ptr<ZoneSearch> search = search_;  // it may end, and be replaced, in there
  search->Begin([self = weak_from_this()](FoundZone found) {
    if (const auto lookup = self.lock()) lookup->OnLearnedAgain(std::move(found));
  });
}

void AuthoritativeLookup::OnLearnedAgain(FoundZone found) {
  learning_again_ = false;
  if (found.zone == nullptr) return LookTwice();
  if (!HaveSameServers(*found.zone, *found_.zone)) return AskZone(std::move(found));
  found_ = std::move(found);
  LookTwice();
}

void AuthoritativeLookup::LookTwice() {
  second_look_ = std::make_shared<SecondLook>(
      environment_,
      SecondLook::FirstLook{.slots = round_->slots(),
                            .observations = std::move(verdict_.observations),
                            .is_last = !verdict_.follow.has_value(),
                            .aliases = aliases_},
      *expectation_);
  const std::shared_ptr<SecondLook> second_look = second_look_;
  second_look->Begin([self = weak_from_this()] {
    if (const auto lookup = self.lock()) lookup->FinishHop(lookup->second_look_->Observations());
  });
}

void AuthoritativeLookup::FinishHop(std::vector<Observation> observations) {
  CountRecords();
  if (!verdict_.follow) return EndChain(std::move(observations));
  Add(std::move(observations));
  ForgetZonesOnDisagreement();
  Follow(*std::move(verdict_.follow));
}

void AuthoritativeLookup::CountRecords() {
  result_.learn_time = std::min(result_.learn_time, found_.zone->learn_time);
  for (const Slot& slot : round_->slots()) {
    if (slot.match) {
      result_.has_records = true;
      continue;
    }
    const Outcome outcome = slot.reading->observation.outcome;
    result_.has_records |= slot.reading->has_records;
    result_.lacks_records |= outcome == Outcome::kNoData || outcome == Outcome::kNoSuchName;
  }
}

void AuthoritativeLookup::EndChain(std::vector<Observation> observations) {
  Add(std::move(observations));
  ForgetZonesOnDisagreement();
  round_.reset();
  Finish();
}

void AuthoritativeLookup::Follow(DnsName target) {
  const auto has_alias = [](const Slot& slot) { return slot.reading->alias.has_value(); };
  for (const Slot& slot : round_->slots()) {
    if (has_alias(slot)) chain_ttl_ = std::min(chain_ttl_, slot.reading->observation.ttl);
  }
  aliases_.push_back(*std::ranges::find_if(round_->slots(), has_alias));
  round_.reset();
  second_look_.reset();
  visited_.push_back(std::move(target));
  FindZone();
}

void AuthoritativeLookup::Add(std::vector<Observation> observations) {
  for (Observation& observation : observations) {
    ShowWay(*found_.zone, visited_, observation);
    if (!aliases_.empty() && observation.vote != Vote::kAgree) {
      observation.asked_zone = aliases_.front().subject->zone_text;
    }
    LimitByChain(chain_ttl_, observation);
  }
  observation::Append(std::move(observations), result_.observations);
}

// What was learnt of these zones led to servers that do not all agree: it may be out of date.
void AuthoritativeLookup::ForgetZonesOnDisagreement() {
  if (AllAgree(result_.observations)) return;
  const absl::Time now = environment_.clock.TimeNow();
  for (const DnsName& name : visited_) environment_.zones.Forget(name, now);
}

void AuthoritativeLookup::Finish() {
  search_.reset();
  second_look_.reset();
  if (on_finished_) std::exchange(on_finished_, nullptr)();
}

AuthoritativeLookup::Result AuthoritativeLookup::Close() {
  if (learning_again_) {  // what was heard may be of servers that the zone has left
    result_.failure =
        absl::StrFormat("the nameservers of \"%s\" were not found again in the check's time",
                        visited_.back().ToString());
  } else if (second_look_ != nullptr) {
    Add(second_look_->Observations());
  } else if (round_ != nullptr) {
    Add(round_->TakeObservations());
  } else if (search_ != nullptr) {
    result_.failure = absl::StrFormat(
        "the nameservers of \"%s\" were not found in the check's time", visited_.back().ToString());
  }
  on_finished_ = nullptr;
  search_.reset();
  round_.reset();
  second_look_.reset();
  result_.visited = std::move(visited_);
  return std::move(result_);
}

}  // namespace probe
