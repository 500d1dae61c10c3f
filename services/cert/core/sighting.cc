#include "cert/core/sighting.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cert/core/names.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Clue;
using ::observation::Observation;

constexpr std::size_t kServersNamed = 3;
constexpr std::size_t kPlacesKept = 64;  // a zone's owner chooses how many servers and values
constexpr std::size_t kValuesKept = 16;  // there are, and a finding is stored and sent

std::string Where(const Sighting& sighting) {
  const Observation& seen = *sighting.seen;
  if (seen.address.empty()) return absl::StrFormat("%s from %s", seen.server, sighting.perspective);
  return absl::StrFormat("%s (%s) from %s", seen.server, seen.address, sighting.perspective);
}

void AddOnce(const std::string& value, std::size_t limit, std::vector<std::string>& values) {
  if (values.size() >= limit || std::ranges::find(values, value) != values.end()) return;
  values.push_back(value);
}

std::vector<std::string> ServersOf(const Sightings& sightings) {
  std::vector<std::string> servers;
  for (const Sighting& sighting : sightings) {
    AddOnce(Shown(sighting.seen->server), sightings.size(), servers);
  }
  return servers;
}

// "a", "a and b", "a, b and c", "a, b, c and 2 more".
std::string Enumerated(std::vector<std::string> texts) {
  if (texts.size() < 2) return absl::StrJoin(texts, "");
  std::string last = texts.back();
  if (texts.size() > kServersNamed) {
    last = absl::StrFormat("%d more", texts.size() - kServersNamed);
    texts.resize(kServersNamed);
  } else {
    texts.pop_back();
  }
  return absl::StrFormat("%s and %s", absl::StrJoin(texts, ", "), last);
}

}  // namespace

std::string RelativeName(const std::string& name, const std::string& zone) {
  if (!IsInside(name, zone)) return "";
  return name == zone ? "@" : name.substr(0, name.size() - zone.size() - 1);
}

std::string Listed(const Sightings& sightings) { return Enumerated(ServersOf(sightings)); }

std::string ListedAddresses(const Sightings& sightings) {
  std::vector<std::string> addresses;
  for (const Sighting& sighting : sightings) {
    const std::string& address = sighting.seen->address;
    if (!address.empty()) AddOnce(Shown(address), sightings.size(), addresses);
  }
  return Enumerated(std::move(addresses));
}

const char* Counted(const Sightings& sightings, const char* one, const char* many) {
  return ServersOf(sightings).size() == 1 ? one : many;
}

std::string AsSeenOn(const Sightings& sightings) {
  return sightings.empty() ? "" : absl::StrFormat(", as seen on %s", Listed(sightings));
}

bool HasClue(const Observation& seen, Clue clue) {
  return std::ranges::find(seen.clues, clue) != seen.clues.end();
}

std::vector<std::string> PlacesOf(const Sightings& sightings) {
  std::vector<std::string> places;
  for (const Sighting& sighting : sightings) AddOnce(Where(sighting), kPlacesKept, places);
  return places;
}

void Describe(const Sightings& sightings, Finding& finding) {
  finding.where = PlacesOf(sightings);
  for (const Sighting& sighting : sightings) {
    for (const std::string& value : sighting.seen->values) {
      AddOnce(value, kValuesKept, finding.seen);
    }
  }
}

void DescribeFollowed(const Sightings& sightings, const std::string& name,
                      const std::string& target, Finding& finding) {
  for (const Sighting& sighting : sightings) {
    AddOnce(absl::StrFormat("nameservers of %s from %s", name, sighting.perspective), kPlacesKept,
            finding.where);
  }
  finding.seen = {target};
}

}  // namespace cert
