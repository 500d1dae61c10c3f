#include "probe/check/second_look.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/core/zone_view.h"

namespace probe {
namespace {

using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::Vote;

bool IsNegative(const Observation& observation) {
  return observation.outcome == Outcome::kNoData || observation.outcome == Outcome::kNoSuchName;
}

// Of answers whose records are not the expected ones; failures and loops have other reasons.
bool MayComeFromWildcard(const Observation& observation) {
  return observation.outcome == Outcome::kMismatch ||
         observation.outcome == Outcome::kCnameInTheWay;
}

}  // namespace

SecondLook::SecondLook(CheckEnvironment& environment, FirstLook first,
                       const Expectation& expectation)
    : environment_(environment), first_(std::move(first)), expectation_(expectation) {}

void SecondLook::Begin(absl::AnyInvocable<void()> on_finished) {
  on_finished_ = std::move(on_finished);
  PlanSerials();
  if (first_.is_last && !expectation_.values.empty()) {
    PlanSiblings();
    PlanOtherNames();
  }
  if (inquiries_.empty()) return std::exchange(on_finished_, nullptr)();
  for (std::size_t i = 0; i < inquiries_.size(); ++i) {
    environment_.asker.Ask({.server = SlotOf(inquiries_[i]).address,
                            .question = inquiries_[i].question,
                            .timeout = environment_.query_timeout},
                           [self = weak_from_this(), i](const Reply& reply) {
                             if (const auto look = self.lock()) look->OnReply(i, reply);
                           });
  }
}

void SecondLook::PlanSerials() {
  if (!SerialsWouldTell(first_.observations)) return;
  for (std::size_t i = 0; i < first_.slots.size(); ++i) {
    const Observation& seen = first_.observations[i];
    // A 'no' comes with the serial of the very zone that it was read from.
    if (seen.vote == Vote::kCouldNotTell || seen.soa_serial) continue;
    inquiries_.push_back(
        {Purpose::kSerial, i, {first_.slots[i].subject->zone->name, RrType::kSoa}});
  }
}

void SecondLook::PlanSiblings() {
  for (std::size_t i = 0; i < first_.slots.size(); ++i) {
    if (!MayComeFromWildcard(first_.observations[i])) continue;
    AddSibling(Purpose::kSibling, i, first_.slots[i]);
  }
  const bool disagree = std::ranges::any_of(
      first_.observations, [](const Observation& o) { return o.vote == Vote::kDisagree; });
  for (std::size_t i = 0; disagree && i < first_.aliases.size(); ++i) {
    AddSibling(Purpose::kAliasSibling, i, first_.aliases[i]);
  }
}

// A random label in place of the first: a wildcard that answered for the name answers for it too.
void SecondLook::AddSibling(Purpose purpose, std::size_t index, const Slot& slot) {
  const DnsName& name = slot.subject->question.name;
  if (name == slot.subject->zone->name) return;  // a wildcard makes no apex
  const absl::StatusOr<DnsName> label = DnsName::Parse(environment_.random.Token());
  if (!label.ok()) return;
  if (std::optional<DnsName> sibling = label->Under(name.Parent())) {
    inquiries_.push_back({purpose, index, {*std::move(sibling), slot.subject->question.type}});
  }
}

// One server is enough: all have nothing at the name, so none is further than the others.
void SecondLook::PlanOtherNames() {
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < first_.slots.size(); ++i) {
    if (first_.observations[i].vote == Vote::kCouldNotTell) continue;
    if (!IsNegative(first_.observations[i])) return;
    if (!first) first = i;
  }
  if (!first) return;
  const Slot& slot = first_.slots[*first];
  const DnsName& name = slot.subject->question.name;
  if (slot.subject->zone->name.IsRoot()) return;
  if (std::optional<DnsName> appended = name.Under(slot.subject->zone->name)) {
    inquiries_.push_back(
        {Purpose::kAppended, *first, {*std::move(appended), slot.subject->question.type}});
  }
  if (name != slot.subject->zone->name && name.ToString().starts_with('_')) {
    inquiries_.push_back({Purpose::kAbove, *first, {name.Parent(), slot.subject->question.type}});
  }
}

const Slot& SecondLook::SlotOf(const Inquiry& inquiry) const {
  const bool alias = inquiry.purpose == Purpose::kAliasSibling;
  return alias ? first_.aliases[inquiry.index] : first_.slots[inquiry.index];
}

void SecondLook::OnReply(std::size_t inquiry, const Reply& reply) {
  Inquiry& asked = inquiries_[inquiry];
  asked.answered = true;
  if (reply.kind == Reply::Kind::kAnswered && reply.message.authoritative) {
    switch (asked.purpose) {
      case Purpose::kSerial:
        TakeSerial(reply.message, asked.index);
        break;
      case Purpose::kSibling:
      case Purpose::kAliasSibling:
        TakeSibling(reply.message, asked);
        break;
      case Purpose::kAppended:
      case Purpose::kAbove:
        TakeOtherName(reply.message, asked);
        break;
    }
  }
  if (std::ranges::all_of(inquiries_, &Inquiry::answered)) std::exchange(on_finished_, nullptr)();
}

void SecondLook::TakeSerial(const Message& message, std::size_t index) {
  for (const Record& record : message.answers) {
    const auto* soa = std::get_if<SoaData>(&record.data);
    if (soa == nullptr || record.owner != first_.slots[index].subject->zone->name) continue;
    first_.observations[index].soa_serial = soa->serial;
  }
}

void SecondLook::TakeSibling(const Message& message, const Inquiry& inquiry) {
  const Slot& slot = SlotOf(inquiry);
  const Reading sibling = ReadAuthoritative(message, inquiry.question, slot.subject->zone->name,
                                            {.type = expectation_.type, .values = {}});
  if (sibling.records.empty()) return;
  if (!std::ranges::is_permutation(sibling.records, slot.reading->records)) return;
  if (inquiry.purpose == Purpose::kSibling) {
    synthesised_.insert(inquiry.index);
  } else {
    synthesised_alias_ = std::min(synthesised_alias_.value_or(inquiry.index), inquiry.index);
  }
}

void SecondLook::TakeOtherName(const Message& message, const Inquiry& inquiry) {
  const Slot& slot = SlotOf(inquiry);
  const Reading other =
      ReadAuthoritative(message, inquiry.question, slot.subject->zone->name, expectation_);
  if (other.observation.outcome != Outcome::kMatch) return;
  Observation& seen = first_.observations[inquiry.index];
  AddClue(inquiry.purpose == Purpose::kAbove ? Clue::kAtParentName : Clue::kZoneAppended, seen);
  seen.note =
      absl::StrFormat("the expected record is at %s instead", inquiry.question.name.ToString());
}

std::vector<Observation> SecondLook::Observations() const {
  std::vector<Observation> observations = first_.observations;
  CompareSerials(observations);
  for (std::size_t i = 0; i < observations.size(); ++i) {
    Observation& seen = observations[i];
    const bool made = synthesised_.contains(i) && MayComeFromWildcard(seen);
    const bool led = synthesised_alias_ && (IsNegative(seen) || MayComeFromWildcard(seen));
    if (led) {
      seen.note = absl::StrFormat("a wildcard made the CNAME at %s that led here",
                                  first_.aliases[*synthesised_alias_].subject->owner_text);
    } else if (made) {
      seen.note = "a wildcard made this answer: a name that nobody has gets the same one";
    }
    // A wildcard behind a CNAME of the asked name's own is not what is wrong at that name.
    const bool at_asked_name = first_.aliases.empty() ? made : led && *synthesised_alias_ == 0;
    if (at_asked_name) seen.outcome = Outcome::kWildcardSynthesis;
  }
  return observations;
}

}  // namespace probe
