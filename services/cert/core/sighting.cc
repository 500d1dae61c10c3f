#include "cert/core/sighting.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

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

}  // namespace

std::string Listed(const Sightings& sightings) {
  std::vector<std::string> servers = ServersOf(sightings);
  if (servers.size() < 2) return absl::StrJoin(servers, "");
  std::string last = servers.back();
  if (servers.size() > kServersNamed) {
    last = absl::StrFormat("%d more", servers.size() - kServersNamed);
    servers.resize(kServersNamed);
  } else {
    servers.pop_back();
  }
  return absl::StrFormat("%s and %s", absl::StrJoin(servers, ", "), last);
}

const char* Counted(const Sightings& sightings, const char* one, const char* many) {
  return ServersOf(sightings).size() == 1 ? one : many;
}

void Describe(const Sightings& sightings, Finding& finding) {
  for (const Sighting& sighting : sightings) {
    AddOnce(Where(sighting), kPlacesKept, finding.where);
    for (const std::string& value : sighting.seen->values) {
      AddOnce(value, kValuesKept, finding.seen);
    }
  }
}

}  // namespace cert
