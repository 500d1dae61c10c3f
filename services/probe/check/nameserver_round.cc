#include "probe/check/nameserver_round.h"

#include <algorithm>
#include <utility>

#include "probe/core/prefetch.h"

namespace probe {

using observation::Observation;
using observation::Outcome;

NameserverRound::NameserverRound(CheckEnvironment& environment, std::shared_ptr<const Zone> zone,
                                 Question question, std::shared_ptr<const Expectation> expectation)
    : environment_(environment) {
  std::size_t addresses = 0;
  for (const Nameserver& nameserver : zone->nameservers) {
    addresses += std::max<std::size_t>(nameserver.addresses.size(), 1);
  }
  slots_.reserve(addresses);
  const auto subject =
      std::make_shared<const Subject>(std::move(question), std::move(expectation), std::move(zone));
  for (const Nameserver& nameserver : subject->zone->nameservers) AddSlots(nameserver, subject);
}

void NameserverRound::AddSlots(const Nameserver& nameserver,
                               const std::shared_ptr<const Subject>& subject) {
  if (nameserver.addresses.empty() || nameserver.incomplete) {
    slots_.push_back({.subject = subject, .nameserver = &nameserver, .has_address = false});
    if (nameserver.incomplete) {
      TakeNoAnswer(Outcome::kNotAsked,
                   "our own limits ended the search for this nameserver's addresses",
                   slots_.back());
    } else {
      TakeNoAnswer(Outcome::kUnreachable, "no address is known for this nameserver", slots_.back());
    }
  }
  for (const IpAddress& address : nameserver.addresses) {
    slots_.push_back({.subject = subject,
                      .nameserver = &nameserver,
                      .address = {address, environment_.authoritative_port}});
    if (environment_.policy.MayAsk(address)) continue;
    TakeNoAnswer(Outcome::kNotAsked, "the address is not a public one, so it is not asked",
                 slots_.back());
  }
}

void NameserverRound::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  Asking asking{.timeout = environment_.query_timeout};
  if (!slots_.empty()) asking.question = slots_.front().subject->question;
  for (Slot& slot : slots_) {
    if (slot.done()) continue;
    ++unanswered_;
    asking.server = slot.address;
    environment_.asker.Ask(asking, ToSlot{weak_from_this(), &slot});
  }
  FinishIfAnswered();
}

void NameserverRound::ToSlot::operator()(const Reply& reply) const {
  if (const auto alive = round.lock()) alive->OnReply(*slot, reply);
}

void NameserverRound::ToSlot::Prefetch(int step) const {
  if (step == 0) PrefetchWhole(slot);
}

void NameserverRound::OnReply(Slot& slot, const Reply& reply) {
  TakeReply(reply, environment_, slot);
  --unanswered_;
  FinishIfAnswered();
}

void NameserverRound::FinishIfAnswered() {
  if (unanswered_ == 0 && on_finished_) std::exchange(on_finished_, nullptr)();
}

bool NameserverRound::AllAgree() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) {
    if (slot.match) return true;
    return slot.reading->observation.vote == observation::Vote::kAgree && !slot.reading->alias;
  });
}

void NameserverRound::Explain() {
  for (Slot& slot : slots_) probe::Explain(environment_, slot);
}

std::vector<Observation> NameserverRound::TakeObservations() {
  std::vector<Observation> observations;
  observations.reserve(slots_.size() + environment_.resolvers.size());
  for (Slot& slot : slots_) {
    // Whether it leads anywhere depends on the others.
    if (slot.reading != nullptr && slot.reading->alias) {
      TakeNoAnswer(Outcome::kNotAsked,
                   "the check's time was over before its CNAME could be followed", slot);
    }
    TakeObservation(environment_, slot, observations.emplace_back());
  }
  return observations;
}

}  // namespace probe
