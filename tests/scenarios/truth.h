// Which verdicts a scenario allows: worked out from its world, not from what the checks saw.
//
// A server of the chain is an address that parent or child publishes for a nameserver of a zone on
// the way from the asked name to its record. At one perspective it *can be reached* when the path
// is open and answers come within the engine's patience, luck aside. It says *yes* to its hop when
// it answers with authority and has the CNAME that leads on, or every expected value; it says *no*
// when it answers with authority and has anything else; in all other cases (SERVFAIL, REFUSED,
// lame, upward, cut, unreadable, silent) it says nothing.
//
// Of CAA each level is a hop. Where a server has no record there the climb may go on, where none
// has any it surely does: only then a 'no' further up forbids to agree. Of HTTP the host is the
// first hop, of which a server says yes with any address and no without; and the web servers at the
// addresses that some of those tell are the second: one says yes with the token, no with any other
// page, and nothing if there is no page at all.
//
// Agreed is forbidden
//   - while a server that some perspective can reach says no, during the whole of the check. With
//     two exceptions, which are counted apart: the check asked it, and the world lost every packet
//     of that (loss is not an answer; a CA's resolver would have passed the server over too); or a
//     remote perspective did not come to hear it and could not tell, and the policy does without
//     as many remotes (Baseline Requirements 3.2.2.9).
//   - unless at the primary perspective every zone of the chain has a server that can be reached
//   and
//     says yes at some moment of the check;
//   - for a chain that leads back to itself or is longer than resolvers follow;
//   - for a name of a zone whose signatures do not hold, while resolvers are part of the question:
//     unless a quorum of them omits to validate, or has validated before, and either the policy
//     accepts that, or one lies or did so before;
//   - for a host with an address inside our network.
// Where a zone has moved its old servers are no part of the chain any more: they may not make a
// 'no'. For as long as zones are remembered a check may agree by their word; that is counted apart.
//
// Disagreed is forbidden unless
//   - a server that some perspective can reach says no at some moment of the check, or
//   - the chain is endless, or
//   - a validating resolver that answers finds the signatures broken, or
//   - so many resolvers truly say no, from a cache or as liars, that at so many perspectives the
//     quorum is out of reach that the policy cannot be met any more. Such a 'no' is true of what
//     the world sees; the moment when it can end is part of the evidence.
//   So loss, silence, slowness, failures, our own limits, private addresses, a check's time that is
//   over, and fewer bad resolvers than that never make a 'no'.
//
// 'Could not tell' is always allowed, except where everything that matters is well (then the
// verdict must be agreed: liveness) or everything that can be reached says no (then disagreed).

#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/agreement.h"
#include "scenarios/scenario.h"

namespace scenarios {

// The time from the first question to the last report.
struct Interval {
  absl::Time begin = absl::InfinitePast();
  absl::Time end = absl::InfinitePast();
};

// A server that says no during the whole interval.
struct Refuter {
  probe::IpAddress address = {};
  std::size_t perspective = 0;
  probe::Question question = {};
  bool leads_elsewhere = false;  // by a CNAME: the 'no' is heard where that leads
  bool needs_address = false;    // which nameservers tell
  bool is_known = true;          // at the perspective: a nameserver tells it there
};

struct Truth {
  bool may_agree = true;  // refuters aside
  bool may_disagree = false;
  std::optional<cert::Decision> must = std::nullopt;
  std::vector<Refuter> refuters = {};
  // Servers that the zone has left may still be known, and agree (probe/core/zone_cache.h).
  bool left_servers_agree = false;
};

// `resolvers`: as they were at the beginning, by perspective and resolver.
Truth TruthOf(const Scenario& scenario, const Subject& subject, Interval interval,
              const std::vector<std::vector<ResolverPlan>>& resolvers);

}  // namespace scenarios
