// What a zone's nameservers are asked besides, when their answers are not the expected ones, to
// find out why:
//
//   they differ                       SOA of the zone       an older serial: stale; the same: split
//   other records, or a CNAME away    a sibling nobody has  the same there: a wildcard made them
//   nothing there                     <name>.<zone>         the DNS host appended the zone
//                                     the name above        its first label, "_…", was left out
//
// All at once, and only of nameservers that have answered: at most two questions for each, one for
// each CNAME that led here, and two more. Resolvers are never asked, who would remember.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "observation/observation.h"
#include "probe/check/environment.h"
#include "probe/check/slot.h"
#include "probe/core/reading.h"

namespace probe {

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class SecondLook : public std::enable_shared_from_this<SecondLook> {
 public:
  struct FirstLook {
    std::vector<Slot> slots = {};
    std::vector<observation::Observation> observations = {};  // one for each slot
    bool is_last = false;                                     // no CNAME is followed from here
    std::vector<Slot> aliases = {};  // of each followed CNAME a server that has it
  };

  // `expectation` must outlive it.
  SecondLook(CheckEnvironment& environment, FirstLook first, const Expectation& expectation);

  // `on_finished` is called once, from within Begin when there is nothing to ask; never after this
  // was dropped.
  void Begin(absl::AnyInvocable<void()> on_finished);

  // Those of the first look with what is known by now.
  std::vector<observation::Observation> Observations() const;

 private:
  enum class Purpose { kSerial, kSibling, kAliasSibling, kAppended, kAbove };
  struct Inquiry {
    Purpose purpose = Purpose::kSerial;
    std::size_t index = 0;  // of the slot, or of the alias
    Question question = {};
    bool answered = false;
  };

  void PlanSerials();
  void PlanSiblings();
  void PlanOtherNames();
  void AddSibling(Purpose purpose, std::size_t index, const Slot& slot);
  const Slot& SlotOf(const Inquiry& inquiry) const;

  void OnReply(std::size_t inquiry, const Reply& reply);
  void TakeSerial(const Message& message, std::size_t index);
  void TakeSibling(const Message& message, const Inquiry& inquiry);
  void TakeOtherName(const Message& message, const Inquiry& inquiry);

  CheckEnvironment& environment_;
  FirstLook first_;
  const Expectation& expectation_;
  std::vector<Inquiry> inquiries_;
  std::set<std::size_t> synthesised_;  // slots whose records a wildcard made
  // The first of the followed CNAMEs that one made.
  std::optional<std::size_t> synthesised_alias_;
  absl::AnyInvocable<void()> on_finished_;
};

}  // namespace probe
