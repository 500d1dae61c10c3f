#include "cert/reconcile/set_aside_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/core/challenge.h"
#include "cert/core/renewal.h"
#include "cert/core/schedule.h"
#include "cert/core/token_diagnosis.h"

namespace cert {
namespace {

// For so long CAA records may forbid, or nameservers fail, before it is believed to stay so.
constexpr absl::Duration kForbiddenFor = absl::Minutes(1);
constexpr absl::Duration kUnanswerableFor = absl::Minutes(10);
// The same of tokens that are not there.
constexpr absl::Duration kUnseenFor = absl::Minutes(10);
// Of a first order, whose customers may be creating them by hand.
constexpr absl::Duration kUnseenAtFirst = absl::Hours(1);

// One of several names, made with keys of ours.
bool MayBePartial(const Certificate& certificate) {
  const CertificateSettings& settings = certificate.settings;
  return settings.partial && certificate.domain.empty() && settings.csr_pem.empty();
}

std::vector<RefusedName> RefusedBy(const Order& order, const Setback& setback) {
  if (!setback.refused.empty() || !setback.problem) return setback.refused;
  return RefusedNames(*setback.problem, order);
}

// A revoked one is of no use to anybody.
absl::StatusOr<NamesInUse> ReadNamesInUse(Transaction& transaction,
                                          const Certificate& certificate) {
  NamesInUse used;
  if (!certificate.issuance) return used;
  ASSIGN_OR_RETURN(const auto found, transaction.FindIssuances({*certificate.issuance}));
  if (found.empty()) return used;
  const Issuance& issuance = found.begin()->second;
  used.names = issuance.names;
  if (!issuance.revocation) used.safe_until = LastRenewTime(issuance.validity);
  return used;
}

absl::StatusOr<bool> CanGoOnWithout(Transaction& transaction, const Certificate& certificate,
                                    const std::vector<RefusedName>& refused) {
  if (!MayBePartial(certificate)) return false;
  const absl::Time now = transaction.now();
  const bool used_up =
      !certificate.issuance && now >= certificate.progress.start_time + kValidationAge;
  if (used_up) return false;
  ASSIGN_OR_RETURN(const NamesInUse used, ReadNamesInUse(transaction, certificate));
  return CanDoWithout(refused, certificate.names, certificate.set_aside, used, now);
}

std::string TextOf(const RefusedName& refused) {
  return absl::StrFormat("%s: %s", refused.name, refused.why.sentence);
}

bool WasSetAside(const Certificate& certificate, const RefusedName& refused) {
  return std::ranges::find(certificate.set_aside, refused.name, &SetAsideName::name) !=
         certificate.set_aside.end();
}

// Whether an earlier look of this order, or of the certificate at this CA, said the same, and the
// customer has had a moment to mend it; what was set aside before had hours.
bool StaysSo(const OrderJob& job, const std::vector<RefusedName>& refused, CaaVerdict verdict) {
  const bool all_known = std::ranges::all_of(
      refused, [&](const RefusedName& name) { return WasSetAside(job.certificate, name); });
  if (all_known) return true;
  const bool unanswerable = verdict == CaaVerdict::kUnanswerable;
  const FindingCode code = unanswerable ? FindingCode::kCaaUnanswerable : FindingCode::kCaaForbids;
  const bool known_of_order = job.order.finding && job.order.finding->code == code;
  const bool known_of_ca =
      !unanswerable && std::ranges::any_of(job.certificate.ca_failures, [&](const CaFailure& it) {
        return it.ca == job.order.ca && it.trouble == CaTrouble::kCaaForbids;
      });
  const absl::Duration age = job.now - job.order.intent_time;
  return (known_of_order || known_of_ca) &&
         age >= (unanswerable ? kUnanswerableFor : kForbiddenFor);
}

// Whether the tokens have been missing for a while, and what is in use is about to end.
bool IsInDanger(const OrderJob& job, const NamesInUse& used, absl::Time now) {
  const bool stays_so =
      job.order.finding.has_value() && job.now - job.order.intent_time >= kUnseenFor;
  return stays_so && !used.names.empty() && now >= used.safe_until;
}

// Whether those who create the tokens' records have had their time while nothing is in use yet: the
// others are not to wait for as long as the order lives.
bool HasWaited(const OrderJob& job, const NamesInUse& used) {
  if (!used.names.empty() || !job.order.finding) return false;
  const absl::Time end = job.order.expire_time.value_or(absl::InfiniteFuture());
  const absl::Duration patience = std::min(kUnseenAtFirst, (end - job.order.intent_time) / 2);
  return job.now - job.order.intent_time >= patience;
}

// Whether none waits for records that a customer makes for each order.
bool AreKnown(const OrderJob& job, const std::vector<RefusedName>& unseen) {
  return !NeedsCustomer(job.order) && std::ranges::all_of(unseen, [&](const RefusedName& name) {
    return WasSetAside(job.certificate, name);
  });
}

Conclusion GiveUpFor(std::vector<RefusedName> refused, Conclusion conclusion) {
  conclusion.event = GivenUp{};
  conclusion.setback->disposition = Disposition::kNewOrder;
  conclusion.setback->refused = std::move(refused);
  return conclusion;
}

}  // namespace

absl::StatusOr<bool> SetNamesAside(Transaction& transaction, const Order& order,
                                   const Setback& setback, Certificate& certificate) {
  const std::vector<RefusedName> refused = RefusedBy(order, setback);
  ASSIGN_OR_RETURN(const bool can, CanGoOnWithout(transaction, certificate, refused));
  if (!can) return false;
  SetAside(refused, transaction.now(), certificate.set_aside);
  // What CAs had against these names they have not against the others.
  std::erase_if(certificate.ca_failures,
                [](const CaFailure& failure) { return failure.trouble != CaTrouble::kDown; });
  certificate.failed_orders = 0;
  certificate.finding = WithSetAside(std::nullopt, certificate.set_aside, transaction.now());
  std::vector<std::string> texts;
  for (const RefusedName& name : refused) texts.push_back(TextOf(name));
  transaction.AppendEvent(
      {.type = EventType::kNamesSetAside,
       .certificate = certificate.id,
       .order = order.id,
       .actor = "padlock-cert",
       .request_id = order.request_id,
       .message = absl::StrFormat("The certificate is ordered without names that no CA issues for "
                                  "now; they are tried again later. %s",
                                  absl::StrJoin(texts, " "))});
  return true;
}

Conclusion GoOnWithout(const OrderJob& job, std::vector<RefusedName> refused, CaaVerdict verdict,
                       Conclusion conclusion) {
  // Without a setback the order has moved to a CA that may take all names.
  if (!conclusion.setback || !StaysSo(job, refused, verdict)) return conclusion;
  bool can = false;
  const absl::Status read =
      job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(can, CanGoOnWithout(transaction, job.certificate, refused));
        return absl::OkStatus();
      });
  if (!read.ok() || !can) return conclusion;  // the same look again, later
  return GiveUpFor(std::move(refused), std::move(conclusion));
}

Conclusion GoOnWithoutUnseen(const OrderJob& job, const Evidence& evidence, Conclusion conclusion) {
  if (!MayBePartial(job.certificate)) return conclusion;
  const StepOptions& options = job.services.options;
  std::vector<RefusedName> unseen =
      NamesUnseen(job.order, evidence, options.policy, options.delegation_zone);
  bool goes_on = false;
  const absl::Status read =
      job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const NamesInUse used, ReadNamesInUse(transaction, job.certificate));
        ASSIGN_OR_RETURN(goes_on, CanGoOnWithout(transaction, job.certificate, unseen));
        const bool in_time = HasWaited(job, used) || IsInDanger(job, used, transaction.now()) ||
                             AreKnown(job, unseen);
        goes_on = goes_on && in_time;
        return absl::OkStatus();
      });
  if (!read.ok() || !goes_on) return conclusion;  // the same look again, later
  return GiveUpFor(std::move(unseen), std::move(conclusion));
}

}  // namespace cert
