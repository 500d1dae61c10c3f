#include "cert/core/findings.h"

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"

namespace cert {

namespace {

Finding PublicationClockFinding(const std::string& why) {
  Finding finding{.code = FindingCode::kClockSkew};
  finding.sentence = absl::StrFormat(
      "Padlock's clock and that of its own nameserver differ too much for an update (%s); this is "
      "ours to mend, the update is repeated.",
      why);
  return finding;
}

}  // namespace

Finding ClaimHeldFinding(const std::string& hostname) {
  Finding finding{.code = FindingCode::kClaimHeld};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform holds %s: it must be released there before a certificate "
      "can be ordered here.",
      hostname);
  return finding;
}

Finding ClaimContestedFinding(const std::string& hostname, absl::Time end_time) {
  Finding finding{.code = FindingCode::kClaimHeld};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform holds %s and has been told of this claim: it goes over at "
      "%s unless the holder proves its right again; leave the records in place.",
      hostname, base::UtcText(end_time));
  return finding;
}

Finding ClaimValueTooOldFinding(const std::string& hostname) {
  Finding finding{.code = FindingCode::kClaimHeld};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform holds %s and has proved it since this claim was made: "
      "delete the domain and add it again for a new value, if the name is yours now.",
      hostname);
  return finding;
}

Finding ClaimChallengedFinding(const std::string& hostname, absl::Time end_time) {
  Finding finding{.code = FindingCode::kClaimChallenged};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform has shown a claim on %s: it goes over to them at %s "
      "unless your records are seen again before; put them back if the name is still yours.",
      hostname, base::UtcText(end_time));
  return finding;
}

Finding ClaimLostFinding(const std::string& hostname) {
  Finding finding{.code = FindingCode::kClaimHeld};
  finding.sentence = absl::StrFormat(
      "Another customer of this platform has proved the right to %s since, and holds it now: "
      "nothing is renewed here; delete the domain, or add it again if the name is still yours.",
      hostname);
  return finding;
}

bool IsOurPublication(FindingCode code) {
  return code == FindingCode::kDelegationBehind || code == FindingCode::kDelegationUnreachable ||
         code == FindingCode::kPublicationFailed || code == FindingCode::kClockSkew;
}

Finding NameNotProvedFinding(const std::string& hostname, const std::optional<Finding>& why) {
  Finding finding = why.value_or(Finding{});
  finding.code = FindingCode::kNameNotProved;
  finding.sentence =
      absl::StrFormat("The certificate waits for %s, of which control is not proved yet: %s",
                      hostname, why ? why->sentence : "its records are being looked for.");
  return finding;
}

Finding PublicationFinding(const std::string& why) {
  // RFC 8945 5.2.3: the only thing wrong with such an update is the time of its signature.
  if (absl::StrContains(why, "BADTIME")) return PublicationClockFinding(why);
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

Finding ProfileFinding(const std::string& ca, const std::string& profile,
                       const std::string& offered) {
  Finding finding{.code = FindingCode::kProfileNotOffered};
  finding.sentence = absl::StrFormat(
      "The CA %s offers no profile \"%s\" (it offers: %s): choose another one; it is looked for "
      "again before the next order.",
      ca, profile, offered.empty() ? "none" : offered);
  return finding;
}

Finding IssuanceRejectedFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kIssuanceRejected};
  finding.sentence = absl::StrFormat(
      "The certificate that the CA %s issued was not accepted: %s; a new order follows by itself.",
      ca, why);
  return finding;
}

Finding KeyMismatchFinding(const std::string& ca) {
  Finding finding{.code = FindingCode::kKeyMismatch};
  finding.sentence = absl::StrFormat(
      "The CA %s issued a certificate for another key than the ordered one, and it was not "
      "accepted; a new order follows by itself.",
      ca);
  return finding;
}

Finding OrderInvalidFinding(const std::string& ca, const std::string& when) {
  Finding finding{.code = FindingCode::kOrderInvalid};
  finding.sentence = absl::StrFormat(
      "The CA %s made the order invalid %s without saying why; a new order follows by itself.", ca,
      when);
  return finding;
}

Finding OrderExpiredFinding(const std::string& ca, const std::optional<Finding>& last) {
  Finding finding = last.value_or(Finding{});
  finding.code = FindingCode::kOrderExpired;
  finding.sentence = absl::StrFormat(
      "The order at the CA %s expired before it was done; a new order follows by itself.%s%s", ca,
      last ? " The last finding was: " : "", finding.sentence);
  return finding;
}

Finding NotYetValidFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kClockSkew};
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

Finding ClaimToProveFinding(const std::string& hostname) {
  Finding finding{.code = FindingCode::kClaimToProve};
  finding.sentence = absl::StrFormat(
      "The right to %s must be proved again before the next order; as long as the domain's records "
      "stand, this happens by itself.",
      hostname);
  return finding;
}

Finding RevocationRefusedFinding(const std::string& ca, const std::string& why) {
  Finding finding{.code = FindingCode::kRevocationRefused};
  finding.sentence = absl::StrFormat(
      "The CA %s does not revoke the certificate (%s); it is asked again every hour until the "
      "certificate expires, Padlock's operators can ask it by other means.",
      ca, why);
  return finding;
}

Finding KeyCompromisedFinding(const Certificate& certificate) {
  // One of several names belongs to no domain, and stays when a domain goes.
  const std::string remedy =
      certificate.domain.empty()
          ? absl::StrFormat("delete the certificate %s and create another one",
                            certificate.id.text())
          : "delete the domain and add it again";
  Finding finding{.code = FindingCode::kKeyCompromised};
  finding.sentence = absl::StrFormat(
      "The key of the certificate request is compromised: nothing more is ordered for it; %s with "
      "a "
      "request of a new key.",
      remedy);
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

Finding ValidationGaveUpFinding(const Finding& last) {
  Finding finding = last;
  finding.code = FindingCode::kGaveUp;
  finding.sentence = absl::StrFormat(
      "No order has brought the certificate in 14.5 days, and no more follow; put right what "
      "stopped them, and ask for a recheck. The last finding was: %s",
      last.sentence);
  return finding;
}

Finding ParkedFinding(int claims) {
  Finding finding{.code = FindingCode::kParked};
  finding.sentence = absl::StrFormat(
      "Work on this was interrupted %d times in a row, so it rests for a while; Padlock's "
      "operators must see to it, ask them.",
      claims);
  return finding;
}

}  // namespace cert
