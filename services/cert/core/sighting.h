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

// The servers of the sightings, each once: "a", "a and b", "a, b and c", "a, b, c and 2 more".
std::string Listed(const Sightings& sightings);

// `one` when all sightings are of one server, else `many`.
const char* Counted(const Sightings& sightings, const char* one, const char* many);

// Sets `where` and `seen` of the finding: every sighting, and the values seen, each once, as far as
// a finding has room for them.
void Describe(const Sightings& sightings, Finding& finding);

}  // namespace cert
