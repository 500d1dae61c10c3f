#include "probe/check/nameserver_round.h"

#include <algorithm>
#include <utility>

namespace probe {

using observation::Observation;
using observation::Outcome;

NameserverRound::NameserverRound(CheckEnvironment& environment, const Zone& zone,
                                 const Question& question, const Expectation& expectation)
    : environment_(environment), expectation_(expectation) {
  std::size_t addresses = 0;
  for (const Nameserver& nameserver : zone.nameservers) {
    addresses += std::max<std::size_t>(nameserver.addresses.size(), 1);
  }
  slots_.reserve(addresses);
  for (const Nameserver& nameserver : zone.nameservers) {
    AddSlots(nameserver, {.server = nameserver.name.ToString(),
                          .address = {},
                          .question = question,
                          .zone = zone.name});
  }
}

void NameserverRound::AddSlots(const Nameserver& nameserver, Slot slot) {
  if (nameserver.addresses.empty() || nameserver.incomplete) {
    Slot unknown = slot;
    unknown.has_address = false;
    unknown.reading =
        nameserver.incomplete
            ? NoAnswer(Outcome::kNotAsked, slot.question.name,
                       "our own limits ended the search for this nameserver's addresses")
            : NoAnswer(Outcome::kUnreachable, slot.question.name,
                       "no address is known for this nameserver");
    slots_.push_back(std::move(unknown));
  }
  for (const IpAddress& address : nameserver.addresses) {
    slot.address = {address, environment_.authoritative_port};
    slot.reading = std::nullopt;
    if (!environment_.policy.MayAsk(address)) {
      slot.reading = NoAnswer(Outcome::kNotAsked, slot.question.name,
                              "the address is not a public one, so it is not asked");
    }
    slots_.push_back(slot);
  }
}

void NameserverRound::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    const Slot& slot = slots_[index];
    if (slot.reading) continue;
    environment_.asker.Ask(
        {.server = slot.address, .question = slot.question, .timeout = environment_.query_timeout},
        [self = weak_from_this(), index](const Reply& reply) {
          if (const auto round = self.lock()) round->OnReply(index, reply);
        });
  }
  FinishIfAnswered();
}

void NameserverRound::OnReply(std::size_t index, const Reply& reply) {
  TakeReply(reply, expectation_, environment_, slots_[index]);
  FinishIfAnswered();
}

void NameserverRound::FinishIfAnswered() {
  if (!std::ranges::all_of(slots_, [](const Slot& s) { return s.reading.has_value(); })) return;
  for (Slot& slot : slots_) slot.reading->observation = Close(slot, environment_);
  if (on_finished_) std::exchange(on_finished_, nullptr)();
}

bool NameserverRound::AllAgree() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) {
    return slot.reading->observation.vote == observation::Vote::kAgree && !slot.reading->alias;
  });
}

std::vector<Observation> NameserverRound::TakeObservations() {
  std::vector<Observation> observations;
  observations.reserve(slots_.size());
  for (Slot& slot : slots_) observations.push_back(std::move(slot.reading->observation));
  return observations;
}

std::vector<Observation> NameserverRound::CloseEarly() const {
  std::vector<Observation> observations;
  observations.reserve(slots_.size());
  for (Slot slot : slots_) {
    // Whether it leads anywhere depends on the others.
    if (slot.reading && slot.reading->alias) {
      slot.reading = NoAnswer(Outcome::kNotAsked, slot.question.name,
                              "the check's time was over before its CNAME could be followed");
    }
    observations.push_back(Close(slot, environment_));
  }
  return observations;
}

}  // namespace probe
