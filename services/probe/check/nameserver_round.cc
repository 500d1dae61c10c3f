#include "probe/check/nameserver_round.h"

#include <algorithm>
#include <utility>

namespace probe {

using observation::Observation;
using observation::Outcome;

NameserverRound::NameserverRound(CheckEnvironment& environment, const Zone& zone, Question question,
                                 std::shared_ptr<const Expectation> expectation)
    : environment_(environment), expectation_(std::move(expectation)) {
  std::size_t addresses = 0;
  for (const Nameserver& nameserver : zone.nameservers) {
    addresses += std::max<std::size_t>(nameserver.addresses.size(), 1);
  }
  slots_.reserve(addresses);
  const auto subject = std::make_shared<const Subject>(std::move(question), zone.name);
  for (const Nameserver& nameserver : zone.nameservers) AddSlots(nameserver, subject);
}

void NameserverRound::AddSlots(const Nameserver& nameserver,
                               const std::shared_ptr<const Subject>& subject) {
  std::string server = nameserver.name.ToString();
  const DnsName& name = subject->question.name;
  if (nameserver.addresses.empty() || nameserver.incomplete) {
    slots_.push_back({.subject = subject, .server = server, .has_address = false});
    slots_.back().reading =
        nameserver.incomplete
            ? NoAnswer(Outcome::kNotAsked, name,
                       "our own limits ended the search for this nameserver's addresses")
            : NoAnswer(Outcome::kUnreachable, name, "no address is known for this nameserver");
  }
  for (const IpAddress& address : nameserver.addresses) {
    const bool is_last = &address == &nameserver.addresses.back();
    slots_.push_back({.subject = subject,
                      .server = is_last ? std::move(server) : server,
                      .address = {address, environment_.authoritative_port}});
    if (environment_.policy.MayAsk(address)) continue;
    slots_.back().reading =
        NoAnswer(Outcome::kNotAsked, name, "the address is not a public one, so it is not asked");
  }
}

void NameserverRound::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    const Slot& slot = slots_[index];
    if (slot.reading) continue;
    ++unanswered_;
    environment_.asker.Ask({.server = slot.address,
                            .question = slot.subject->question,
                            .timeout = environment_.query_timeout},
                           [self = weak_from_this(), index](const Reply& reply) {
                             if (const auto round = self.lock()) round->OnReply(index, reply);
                           });
  }
  FinishIfAnswered();
}

void NameserverRound::OnReply(std::size_t index, const Reply& reply) {
  TakeReply(reply, *expectation_, environment_, slots_[index]);
  --unanswered_;
  FinishIfAnswered();
}

void NameserverRound::FinishIfAnswered() {
  if (unanswered_ > 0) return;
  for (Slot& slot : slots_) Complete(environment_, slot);
  if (on_finished_) std::exchange(on_finished_, nullptr)();
}

bool NameserverRound::AllAgree() const {
  return std::ranges::all_of(slots_, [](const Slot& slot) {
    return slot.reading->observation.vote == observation::Vote::kAgree && !slot.reading->alias;
  });
}

std::vector<Observation> NameserverRound::TakeObservations() {
  std::vector<Observation> observations;
  observations.reserve(slots_.size() + environment_.resolvers.size());
  for (Slot& slot : slots_) observations.push_back(std::move(slot.reading->observation));
  return observations;
}

std::vector<Observation> NameserverRound::CloseEarly() const {
  std::vector<Observation> observations;
  observations.reserve(slots_.size());
  for (Slot slot : slots_) {
    // Whether it leads anywhere depends on the others.
    if (slot.reading && slot.reading->alias) {
      slot.reading = NoAnswer(Outcome::kNotAsked, slot.subject->question.name,
                              "the check's time was over before its CNAME could be followed");
    }
    Complete(environment_, slot);
    observations.push_back(std::move(slot.reading->observation));
  }
  return observations;
}

}  // namespace probe
