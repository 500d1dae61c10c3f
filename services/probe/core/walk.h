// Finds the zone that holds a name, and every address of every nameserver of it, by walking down
// from the root servers (RFC 1034, 5.3.3). A pure state machine: it says what to ask whom, and is
// told what came back.
//
//   find the cut     NS <name> at root, at each referral's zone, until a server answers with
//                    authority; where the name is a CNAME, the same for its parent
//   read the apex    NS <zone> at the zone's own servers; joined with the parent's list
//   find addresses   A and AAAA of each nameserver, all at once where the zone itself knows them,
//                    else one nameserver after the other by walks of their own, nested at most
//                    Limits::depth deep
//
// Every question counts against Limits::steps, so nothing a zone's owner publishes makes it run on.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "probe/core/dns_message.h"
#include "probe/core/referral.h"
#include "probe/core/zone.h"
#include "probe/core/zone_cache.h"

namespace probe {

// Confined to one thread.
class Walk {
 public:
  struct Limits {
    int steps = 64;
    std::size_t depth = 4;
  };
  // One question, without recursion desired, to one server.
  struct Step {
    std::size_t branch = 0;
    Question question = {};
    DnsName server = {};
    IpAddress address = {};
  };

  // `roots` and `cache` must outlive the walk; what it learns goes into the cache.
  Walk(DnsName name, const Zone& roots, ZoneCache& cache, Limits limits);

  // The questions to ask now, all in parallel; each is returned once and must be consumed.
  std::vector<Step> TakeSteps(absl::Time now);
  // The answer to the branch's question; null when there is none, for whatever reason.
  void Consume(std::size_t branch, const Message* answer, absl::Time now);
  // The branch's question was not asked: a limit of our own. Nameservers that may be missing
  // something because of that are incomplete.
  void Withhold(std::size_t branch, absl::Time now);

  bool done() const { return done_; }
  // Once done: the zone, or null when no root server led anywhere. A zone whose servers do not
  // answer is returned as its parent describes it.
  const std::shared_ptr<const Zone>& zone() const { return result_; }
  // Whether the zone, or a delegation below the top-level domains on the way to it, was known
  // before: what has changed since may be missing.
  bool from_cache() const { return from_cache_; }

 private:
  enum class Phase { kFindCut, kReadApex, kFindAddresses };

  // One iterative resolution: a question, and how far down it has come.
  struct Iteration {
    Question question = {};
    Zone at = {};
    std::size_t server = 0;
    std::size_t address = 0;
    std::size_t looked_up = 0;  // nameservers before this one need no look-up any more
  };
  // A resolution with those nested in it, which look for a nameserver's address.
  struct Branch {
    std::vector<Iteration> stack = {};
    std::size_t nameserver = 0;  // whose addresses are looked for, in kFindAddresses
    bool waiting = false;
    bool finished = false;
    bool withheld = false;  // one of its questions
  };

  Iteration Begin(Question question, absl::Time now);
  std::optional<Step> NextStep(std::size_t index, absl::Time now);
  bool PushLookup(Branch& branch, absl::Time now);
  void Descend(Iteration& iteration, Zone zone, absl::Time now);
  void Finish(std::size_t index, const Authority* authority, absl::Time now);
  void FinishLookup(Branch& branch, const Authority* authority, absl::Time now);

  bool IsLimited(const Branch& branch) const;
  void FinishCut(const Authority* authority, absl::Time now);
  void ReadApex(Zone at, const DnsName& apex, absl::Time now);
  void FinishApex(const Authority* authority, absl::Time now);
  void StartAddresses(absl::Time now);
  void FinishAddress(Branch& branch, const Authority* authority, absl::Time now);
  void StartForeign(absl::Time now);
  void ConcludeIfFinished(absl::Time now);
  void Conclude(Zone zone, absl::Time now);

  DnsName name_;
  const Zone& roots_;
  ZoneCache& cache_;
  Limits limits_;
  Phase phase_ = Phase::kFindCut;
  int steps_ = 0;
  std::vector<Branch> branches_;
  std::vector<std::size_t> foreign_;  // nameservers outside the zone, still to be looked up
  Zone servers_;                      // of the zone, as they were reached: parent's list, glue
  Zone zone_;                         // in the making
  bool done_ = false;
  bool from_cache_ = false;
  std::shared_ptr<const Zone> result_;
};

}  // namespace probe
