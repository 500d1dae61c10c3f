#include "cert/core/findings.h"

#include "absl/strings/str_format.h"

namespace cert {

Finding ClaimHeldFinding(const std::string& hostname) {
  Finding finding{.code = FindingCode::kClaimHeld};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform holds %s: it must be released there before a certificate "
      "can be ordered here.",
      hostname);
  return finding;
}

Finding PublicationFinding(const std::string& why) {
  Finding finding{.code = FindingCode::kPublicationFailed};
  finding.sentence = absl::StrFormat(
      "Padlock could not update its own delegation zone (%s); this is ours to mend, the update is "
      "repeated.",
      why);
  return finding;
}

Finding CaUnavailableFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kCaUnavailable};
  finding.sentence = absl::StrFormat(
      "The CA %s does not answer as it should (%s); the request is repeated, nothing is to be "
      "done.",
      ca, why);
  return finding;
}

Finding IssuanceRejectedFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kIssuanceRejected};
  finding.sentence = absl::StrFormat(
      "The certificate that the CA %s issued was not accepted: %s; a new order follows by itself.",
      ca, why);
  return finding;
}

Finding NotYetValidFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kIssuanceRejected};
  finding.sentence = absl::StrFormat(
      "The certificate that the CA %s issued cannot be used yet: %s, so a clock is wrong, ours or "
      "the CA's; it is looked at again, nothing is to be done.",
      ca, why);
  return finding;
}

Finding ServiceTroubleFinding(const std::string& why) {
  Finding finding{.code = FindingCode::kServiceTrouble};
  finding.sentence = absl::StrFormat(
      "Padlock could not go on with the order for a reason of its own (%s); the step is repeated, "
      "nothing is to be done.",
      why);
  return finding;
}

Finding GaveUpFinding(const std::optional<Finding>& last) {
  Finding finding = last.value_or(Finding{});
  finding.code = FindingCode::kGaveUp;
  finding.sentence = absl::StrFormat(
      "Checking has ended after 7 days; correct the records and ask for a recheck.%s%s",
      last ? " The last finding was: " : "", finding.sentence);
  return finding;
}

Finding ParkedFinding(int claims) {
  Finding finding{.code = FindingCode::kParked};
  finding.sentence = absl::StrFormat(
      "Work on this was interrupted %d times in a row; Padlock's operators have been alerted.",
      claims);
  return finding;
}

}  // namespace cert
