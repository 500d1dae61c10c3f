// The nameservers' part of a check: one name; for CAA also each name above it up to the top-level
// domain, until records are found (RFC 8659, 3), at each following CNAMEs where they lead.
//
// Where the servers of a name contradict each other, a CA may meet either: the climb goes on for
// those that have nothing, and those that have records count as well.
//
// A 'no' may come of a zone on the way that has other nameservers by now: where one was known
// before the check began, all is looked up once more.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "observation/observation.h"
#include "probe/check/authoritative_lookup.h"
#include "probe/check/environment.h"
#include "probe/core/reading.h"

namespace probe {

// Resolvers' patience is shared by all: of a name with more labels the highest are left out.
inline constexpr std::size_t kMaxAskedNames = 12;

// Confined to its loop's thread; owned by a shared_ptr, because answers may come after its end.
class Climb : public std::enable_shared_from_this<Climb> {
 public:
  Climb(CheckEnvironment& environment, const Question& question,
        std::shared_ptr<const Expectation> expectation);

  // `on_finished` is called once, possibly from within Begin; never after this was dropped.
  void Begin(absl::AnyInvocable<void()> on_finished);

  // Ends the climb and returns what the nameservers said, of those that have not answered that they
  // have not. Of the names above the first, one is left out where there are no records and all
  // agree. While nobody has told of a name above, no agreement about those below it is returned: it
  // would vouch for that name, too.
  std::vector<observation::Observation> Close();

  bool finished() const { return finished_; }
  // Why a zone was not found; empty otherwise. After Close.
  const std::string& failure() const { return failure_; }
  Question first_question() const { return {names_.front(), type_}; }
  // What to ask a resolver in order to see the same: the name that has the records, else the first;
  // then the others, of which the CA's resolver must be able to say that they have none. At most
  // kMaxAskedNames.
  std::vector<Question> Questions() const;

 private:
  void LookUp();
  void OnLookup();
  void Take(AuthoritativeLookup::Result result);
  bool StartAgain();

  CheckEnvironment& environment_;
  const RrType type_;
  const std::shared_ptr<const Expectation> expectation_;
  absl::AnyInvocable<void()> on_finished_;

  std::vector<DnsName> names_;  // looked at so far, and now
  std::size_t best_ = 0;        // of them: the first that has records
  bool found_ = false;
  bool may_learn_again_ = true;
  bool may_start_again_ = true;
  const absl::Time begin_time_;
  std::vector<DnsName> known_before_;  // names on whose way a zone was
  bool finished_ = false;
  std::shared_ptr<AuthoritativeLookup> lookup_;
  std::vector<observation::Observation> observations_;
  std::string failure_;
};

}  // namespace probe
