// What single servers said, picked out of an answer's evidence and put into words: the parts of
// which diagnosis.h makes findings.

#pragma once

#include <string>
#include <vector>

#include "cert/core/finding.h"
#include "cert/core/inquiry.h"

namespace cert {

// What one server said, and from where we asked it. Points into the evidence.
struct Sighting {
  const observation::Observation* seen = nullptr;
  std::string perspective;
};
using Sightings = std::vector<Sighting>;

// The observations of one view for which `predicate` holds, added to `selected`.
template <typename Predicate>
void AddFrom(const View& view, Predicate predicate, Sightings& selected) {
  for (const observation::Observation& seen : view.observations) {
    if (predicate(seen)) selected.push_back({.seen = &seen, .perspective = view.perspective});
  }
}

// Those of all views.
template <typename Predicate>
Sightings Select(const Answer& answer, Predicate predicate) {
  Sightings selected;
  for (const View& view : answer.views) AddFrom(view, predicate, selected);
  return selected;
}

// Those of the sightings for which `predicate` holds.
template <typename Predicate>
Sightings Among(const Sightings& sightings, Predicate predicate) {
  Sightings selected;
  for (const Sighting& sighting : sightings) {
    if (predicate(*sighting.seen)) selected.push_back(sighting);
  }
  return selected;
}

// `name` as the forms of DNS hosts want it, "@" for the zone itself; empty when it is not inside.
std::string RelativeName(const std::string& name, const std::string& zone);

// The servers of the sightings, each once: "a", "a and b", "a, b and c", "a, b, c and 2 more".
std::string Listed(const Sightings& sightings);

// The same of the addresses, as far as there are any: of a host, all of whose web servers have its
// name.
std::string ListedAddresses(const Sightings& sightings);

// `one` when all sightings are of one server, else `many`.
const char* Counted(const Sightings& sightings, const char* one, const char* many);

// ", as seen on a and b"; empty for none.
std::string AsSeenOn(const Sightings& sightings);

// Whether what was seen shows it.
bool HasClue(const observation::Observation& seen, observation::Clue clue);

// Every sighting, each once, as far as a finding has room for them: "ns1.shop.test (192.0.2.1) from
// ams".
std::vector<std::string> PlacesOf(const Sightings& sightings);

// Sets `where` and `seen` of the finding: every sighting, and the values seen, each once, as far as
// a finding has room for them.
void Describe(const Sightings& sightings, Finding& finding);

// The same of sightings to whose servers a CNAME at `name` led, which are not those that have it:
// `target` is what was seen, at the nameservers of `name`.
void DescribeFollowed(const Sightings& sightings, const std::string& name,
                      const std::string& target, Finding& finding);

}  // namespace cert
