#include "cert/core/http_diagnosis.h"

#include "absl/strings/str_format.h"
#include "cert/core/challenge.h"
#include "cert/core/server_diagnosis.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::Vote;

std::string Url(const Answer& answer) {
  const std::vector<std::string>& expected = answer.question.expected_values;
  return absl::StrFormat("http://%s/.well-known/acme-challenge/%s", answer.question.name,
                         expected.empty() ? "" : TokenOf(expected.front()));
}

Finding About(const Answer& answer, const Sightings& sightings, FindingCode code) {
  Finding finding{.code = code, .record_type = "HTTP", .record_name = answer.question.name};
  if (!answer.question.expected_values.empty()) {
    finding.expected = answer.question.expected_values.front();
  }
  Describe(sightings, finding);
  return finding;
}

// " at 192.0.2.1"; empty for a host without an address.
std::string AtAddresses(const Sightings& pages) {
  const std::string addresses = ListedAddresses(pages);
  return addresses.empty() ? "" : " at " + addresses;
}

Finding TokenMissing(const Answer& answer, const Sightings& missing) {
  Finding finding = About(answer, missing, FindingCode::kHttpTokenMissing);
  finding.sentence = absl::StrFormat(
      "Another server than Padlock answers %s%s and has nothing there (%s); let the host's A and "
      "AAAA records point at Padlock's edge only, or forward the path /.well-known/acme-challenge/ "
      "to it.",
      Url(answer), AtAddresses(missing), Shown(missing.front().seen->note));
  return finding;
}

Finding OtherAnswer(const Answer& answer, const Sightings& other) {
  Finding finding = About(answer, other, FindingCode::kHttpOtherAnswer);
  finding.sentence = absl::StrFormat(
      "%s does not answer with Padlock's token%s (%s): forward the path "
      "/.well-known/acme-challenge/ unchanged to Padlock's edge, with the Host header as it came.",
      Url(answer), AtAddresses(other), Shown(other.front().seen->note));
  return finding;
}

Finding Unreachable(const Answer& answer, const Sightings& silent) {
  Finding finding = About(answer, silent, FindingCode::kHttpUnreachable);
  finding.sentence = absl::StrFormat(
      "%s cannot be fetched%s (%s): the CA comes to port 80 of every address of the host, so "
      "open it, and remove A and AAAA records that nothing answers at.",
      Url(answer), AtAddresses(silent), Shown(silent.front().seen->note));
  return finding;
}

Finding AddressesDiffer(const Answer& answer, const Sightings& denying) {
  Finding finding = About(answer, denying, FindingCode::kRecordOnSomeServers);
  finding.sentence = absl::StrFormat(
      "The nameservers of %s do not agree about its addresses, as %s %s (%s), and the CA may ask "
      "any of them: publish the same A, AAAA or CNAME records on every nameserver of the zone, or "
      "wait until your DNS host has copied them there.",
      Shown(denying.front().seen->owner), Listed(denying), Counted(denying, "shows", "show"),
      Shown(denying.front().seen->note));
  return finding;
}

Finding DiagnosePages(const Answer& answer, const Sightings& sightings) {
  const auto with = [&](Outcome outcome) {
    return Among(sightings, [&](const Observation& seen) { return seen.outcome == outcome; });
  };
  if (const Sightings other = with(Outcome::kMismatch); !other.empty()) {
    return OtherAnswer(answer, other);
  }
  // With an address: a server that has no such page. Without: the host has no address at all.
  const Sightings missing = Among(sightings, [](const Observation& seen) {
    return seen.outcome == Outcome::kNoData && !seen.address.empty();
  });
  return missing.empty() ? Unreachable(answer, sightings) : TokenMissing(answer, missing);
}

}  // namespace

Finding DiagnoseHttp(const Answer& answer, const Sightings& sightings,
                     const DiagnosisContext& context) {
  const auto is_page = [&](const Observation& seen) { return seen.server == answer.question.name; };
  const Sightings pages = Among(sightings, is_page);
  const Sightings nameservers =
      Among(sightings, [&](const Observation& seen) { return !is_page(seen); });
  const Sightings denying =
      Among(nameservers, [](const Observation& seen) { return seen.vote == Vote::kDisagree; });
  const Sightings failing = Among(nameservers, [](const Observation& seen) {
    return seen.outcome != Outcome::kTimeout && seen.outcome != Outcome::kUnreachable;
  });
  // Where nobody tells of the host's addresses a page has none, and nameservers are to blame.
  const Sightings fetched =
      Among(pages, [](const Observation& seen) { return !seen.address.empty(); });
  if (!denying.empty() && fetched.empty()) return AddressesDiffer(answer, denying);
  if (!failing.empty() && denying.empty()) {
    return DiagnoseSilentNameservers(answer, failing, context);
  }
  if (!fetched.empty()) return DiagnosePages(answer, fetched);
  return nameservers.empty() ? DiagnosePages(answer, pages)
                             : DiagnoseSilentNameservers(answer, nameservers, context);
}

}  // namespace cert
