// Before an order is opened, the CAA records of its names are looked at as the CA will look at
// them: what they forbid costs no order, and another CA may be allowed.

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "cert/core/caa.h"
#include "cert/core/covered_names.h"
#include "cert/core/edge.h"
#include "cert/core/schedule.h"
#include "cert/reconcile/authority_rules.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/set_aside_rules.h"

namespace cert {
namespace {

using Identities = std::vector<std::string>;

bool HasFreshCaaCheck(const OrderJob& job) {
  const std::optional<absl::Time>& checked = job.order.caa_check_time;
  return job.order.new_order_sent || (checked && *checked + kCaaLife > job.now);
}

// Each name as its domain's method validates it.
Inquiry CaaInquiry(const OrderJob& job, const AcmeAccount& account, const Identities& identities) {
  Inquiry inquiry{.tenant = job.order.tenant,
                  .request_id = job.order.request_id,
                  .questions = {},
                  .timeout = job.services.options.check_timeout};
  for (const Domain& domain : job.domains) {
    const bool http =
        domain.method == ValidationMethod::kHttp || job.order.http_first.value_or(false);
    std::vector<Question> questions =
        CaaQuestions(NamesOf(job.order.names, {domain.hostname}),
                     {.issuer_domains = identities,
                      .account_uri = account.url,
                      .validation_method = http ? "http-01" : "dns-01"});
    std::ranges::move(questions, std::back_inserter(inquiry.questions));
  }
  return inquiry;
}

bool IsWorthAnEdgeLook(const OrderJob& job) {
  return !job.order.http_first && !job.order.new_order_sent &&
         !job.services.options.edge_addresses.empty() &&
         MayGoByHttpFirst(job.order, job.certificate, job.domains);
}

// The time that is there for a first certificate to be validated. A renewal goes on.
bool IsUsedUp(const OrderJob& job) {
  return !job.certificate.issuance && !job.certificate.backup_of &&
         job.now - job.certificate.progress.start_time >= kValidationAge;
}

// Where other CAs may be asked meanwhile, this one's records are looked at again by the documented
// pauses, since each look moves the order.
absl::Time NextCaaLook(const OrderJob& job, const Evidence& evidence) {
  const auto& failures = job.certificate.ca_failures;
  const auto known = std::ranges::find(failures, job.order.ca, &CaFailure::ca);
  const int count = known == failures.end() ? 0 : known->count;
  const bool alone =
      job.certificate.settings.authorities.size() == 1 || job.services.authorities.size() == 1;
  if (!alone) return job.now + Backoff(count);
  return NextLook({.tries = job.order.progress.tries,
                   .start_time = job.order.progress.start_time,
                   .caches_expire_time = CachesExpireTime(evidence)},
                  job.now, job.services.random.Fraction());
}

}  // namespace

std::variant<Inquiry, Conclusion> Intend(OrderJob& job) {
  if (std::optional<Conclusion> moved = MoveToReadyAuthority(job)) return *std::move(moved);
  if (IsWorthAnEdgeLook(job)) {
    return Inquiry{.tenant = job.order.tenant,
                   .request_id = job.order.request_id,
                   .questions = EdgeQuestions(job.order),
                   .timeout = job.services.options.check_timeout};
  }
  if (HasFreshCaaCheck(job)) return ConsiderOtherAuthority(job, CreateAtCa(job));
  Outcome<Identities> identities =
      CaaIdentitiesOf(job.authority, OutsideDeadline(job.services, job.lease));
  if (auto* setback = std::get_if<Setback>(&identities)) {
    return ConsiderOtherAuthority(job, Conclude(job, std::move(*setback)));
  }
  if (std::get<Identities>(identities).empty()) {
    return ConsiderOtherAuthority(job, CreateAtCa(job));
  }
  Outcome<AcmeAccount> account =
      job.accounts.Get(job.authority, OutsideDeadline(job.services, job.lease));
  if (auto* setback = std::get_if<Setback>(&account)) {
    return ConsiderOtherAuthority(job, Conclude(job, std::move(*setback)));
  }
  return CaaInquiry(job, std::get<AcmeAccount>(account), std::get<Identities>(identities));
}

Conclusion FinishEdgeLook(OrderJob& job, const Evidence& evidence) {
  job.order.http_first = LeadsToEdge(evidence, job.services.options.edge_addresses);
  return {.event = Retry{.counts = false}, .only_leads_on = true};
}

Conclusion FinishCaaCheck(OrderJob& job, const Evidence& evidence) {
  CaaJudgement judgement = JudgeCaa(evidence, job.services.options.policy, job.authority.name);
  if (judgement.verdict == CaaVerdict::kAllowed) {
    job.order.caa_check_time = job.now;
    return {.event = Retry{.counts = false}, .only_leads_on = true};
  }
  job.order.caa_check_time.reset();
  if (job.order.http_first.value_or(false)) {  // the records may name the method (RFC 8657, 4)
    job.order.http_first = false;
    return {.event = Retry{.counts = false}, .only_leads_on = true};
  }
  const absl::Time next = NextCaaLook(job, evidence);
  Conclusion conclusion{.event = Retry{}, .retry_in = next - job.now};
  conclusion.setback = Setback{.finding = std::move(judgement.finding)};
  if (judgement.verdict == CaaVerdict::kUnknown) return conclusion;
  if (IsUsedUp(job)) {
    conclusion.event = GivenUp{};
    conclusion.setback->disposition = Disposition::kNewOrder;
    return conclusion;
  }
  std::vector<RefusedName> refused =
      NamesJudged(evidence, job.services.options.policy, job.authority.name, judgement.verdict);
  if (judgement.verdict == CaaVerdict::kUnanswerable) {
    return GoOnWithout(job, std::move(refused), judgement.verdict, std::move(conclusion));
  }
  conclusion.news.failure = CaFailure{.ca = job.authority.name,
                                      .trouble = CaTrouble::kCaaForbids,
                                      .time = job.now,
                                      .retry_time = next};
  return GoOnWithout(job, std::move(refused), judgement.verdict,
                     ConsiderOtherAuthority(job, std::move(conclusion)));
}

}  // namespace cert
