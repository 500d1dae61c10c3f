#include "cert/reconcile/authority_rules.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/core/backup.h"
#include "cert/core/expiry.h"
#include "cert/core/key_plan.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/ledger_rules.h"
#include "cert/reconcile/order_commit.h"

namespace cert {
namespace {

constexpr std::size_t kMaxIdentities = 8;  // of a CA in CAA records, that workers take
constexpr absl::Duration kLongestWait = absl::Hours(24);
// For an order that is open at another CA for the same names.
constexpr absl::Duration kTwinElsewhere = absl::Minutes(1);

std::vector<std::string> Allowed(const Services& services, const Certificate& certificate) {
  std::vector<std::string> configured;
  for (const CertificateAuthority& authority : services.authorities) {
    configured.push_back(authority.name);
  }
  std::vector<std::string> allowed =
      AllowedAuthorities(certificate.settings.authorities, configured);
  std::erase(allowed, certificate.avoided_ca);
  return allowed;
}

absl::StatusOr<AuthorityState> StateOf(CaRecords& cas, const CertificateAuthority& authority,
                                       const Certificate& certificate, absl::Time now) {
  AuthorityState state{.ca = authority.name};
  const auto failure = std::ranges::find(certificate.ca_failures, state.ca, &CaFailure::ca);
  if (failure != certificate.ca_failures.end()) state.failure = *failure;
  ASSIGN_OR_RETURN(state.health, cas.GetHealth(state.ca));
  ASSIGN_OR_RETURN(state.limit, FindWait(cas, authority, certificate.names, now));
  return state;
}

bool TokensAreTooBrief(const CertificateAuthority& authority, const Certificate& certificate) {
  const auto known =
      authority.profile_authorization_lifetimes.find(ProfileAt(authority, certificate));
  const bool of_profile = known != authority.profile_authorization_lifetimes.end();
  return (of_profile ? known->second : authority.authorization_lifetime) < kCustomerTime;
}

// Whether the customer creates records for the tokens of the certificate's orders, where that
// matters for the choice.
absl::StatusOr<bool> NeedsCustomer(const Services& services, Transaction& transaction,
                                   const Certificate& certificate) {
  const bool matters =
      std::ranges::any_of(services.authorities, [&](const CertificateAuthority& authority) {
        return TokensAreTooBrief(authority, certificate);
      });
  if (!matters) return false;
  ASSIGN_OR_RETURN(const std::vector<Domain> domains, DomainsOf(transaction, certificate));
  return std::ranges::any_of(domains,
                             [](const Domain& it) { return it.method == ValidationMethod::kTxt; });
}

// What one look into the database says for a step.
struct Outlook {
  AuthorityChoice choice;
  bool other_is_ready = false;  // the choice is another CA than the order's, and may be asked now
  CaHealth health;              // of the order's CA
  bool last_day = false;
  absl::Time look_time;  // when another CA than the order's may be asked, by itself
};

bool IsReadyElsewhere(const AuthorityChoice& choice, const Order& order, absl::Time now) {
  return !choice.ca.empty() && choice.ca != order.ca && choice.time <= now;
}

// Not for a CA at which another order for the same names is open: there it would only wait again,
// and the one that it came from would look free.
absl::StatusOr<AuthorityChoice> ChooseWithoutTwin(Transaction& transaction, const OrderJob& job,
                                                  Certificate certificate,
                                                  const AuthorityNews& news) {
  const absl::Time now = transaction.now();
  Order elsewhere = job.order;
  while (true) {
    ASSIGN_OR_RETURN(AuthorityChoice choice,
                     ChooseAuthorityFor(job.services, transaction, certificate, news));
    if (!IsReadyElsewhere(choice, job.order, now)) return choice;
    elsewhere.ca = choice.ca;
    ASSIGN_OR_RETURN(const bool has_twin, transaction.HasTwinOrder(elsewhere));
    if (!has_twin) return choice;
    NoteFailure({.ca = choice.ca, .time = now, .retry_time = now + kTwinElsewhere},
                certificate.ca_failures);
  }
}

absl::StatusOr<Outlook> LookIn(Transaction& transaction, const OrderJob& job,
                               const AuthorityNews& news) {
  Outlook outlook;
  Certificate certificate = job.certificate;
  certificate.names = job.order.names;  // which may be fewer: limits are counted for them
  ASSIGN_OR_RETURN(outlook.choice,
                   ChooseWithoutTwin(transaction, job, std::move(certificate), news));
  const std::string& ca = outlook.choice.ca;
  outlook.other_is_ready = IsReadyElsewhere(outlook.choice, job.order, transaction.now());
  ASSIGN_OR_RETURN(outlook.health, transaction.cas().GetHealth(job.order.ca));
  const std::optional<absl::Time> expire_time = FirstExpireTime(job.certificate);
  outlook.last_day = IsLastDay(job.now, expire_time);
  outlook.look_time = ca == job.order.ca ? absl::InfiniteFuture() : outlook.choice.time;
  if (expire_time && !outlook.last_day) {
    outlook.look_time = std::min(outlook.look_time, *expire_time - kLastDay);
  }
  return outlook;
}

// With the failure and the wait that the step has just met, which are not stored yet.
absl::StatusOr<Outlook> LookAhead(const OrderJob& job, const AuthorityNews& news) {
  Outlook outlook;
  RETURN_IF_ERROR(
      job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(outlook, LookIn(transaction, job, news));
        return absl::OkStatus();
      }));
  return outlook;
}

bool MayMove(const Order& order) {
  return order.progress.state == OrderState::kIntended && !order.new_order_sent;
}

Conclusion MoveTo(OrderJob& job, const AuthorityChoice& choice, AuthorityNews news) {
  const auto& failures = job.certificate.ca_failures;
  const auto known = std::ranges::find(failures, job.order.ca, &CaFailure::ca);
  Conclusion conclusion{.event = Retry{.counts = false}, .news = std::move(news)};
  if (known == failures.end()) {  // else it was said before
    conclusion.notes.push_back(
        {.type = EventType::kAuthorityChanged,
         .message = absl::StrFormat("The order goes to the CA %s, not to %s: %s.", choice.ca,
                                    job.order.ca, choice.reason)});
  }
  job.order.ca = choice.ca;
  job.order.caa_check_time.reset();
  return conclusion;
}

// The CA is down: whether this is what the certificate remembers of it, and the order leaves it.
bool Leaves(const OrderJob& job, const Outlook& outlook) {
  const Order& order = job.order;
  return LeavesDownAuthority(!MayMove(order), order.progress.tries, outlook.health,
                             outlook.last_day);
}

// Its certificate may be there already, or nothing of it is wanted any more.
bool IsBeyondMoving(const Order& order) {
  return order.finalize_sent || IsEnding(order.progress.state);
}

// The CA validates or issues for longer than the certificate in use can wait. What it issues while
// the order is closed is revoked: another CA's is ordered.
bool IsEndless(const OrderJob& job) {
  const OrderState state = job.order.progress.state;
  const bool waits = state == OrderState::kValidating ||
                     (state == OrderState::kFinalizing && job.order.finalize_sent);
  return waits && IsLastDay(job.now, FirstExpireTime(job.certificate)) &&
         job.now - job.order.progress.start_time > kUsualWait;
}

// The CA is not to be asked again for longer than another one needs.
bool IsLimitedTooLate(const OrderJob& job, const Setback& setback) {
  const bool is_limit = setback.problem && IsRateLimit(*setback.problem);
  if (!is_limit || IsEnding(job.order.progress.state)) return false;
  return IsLastDay(job.now, FirstExpireTime(job.certificate)) &&
         LeavesLimitedAuthority(job.order.progress.tries,
                                setback.problem->retry_after.value_or(absl::ZeroDuration()));
}

// A conclusion that waits for the limit.
void WaitFor(const OrderJob& job, const LimitWait& wait, Conclusion& conclusion) {
  conclusion.retry_in = std::clamp(wait.end_time - job.now, absl::Seconds(1), kLongestWait);
  conclusion.setback->finding =
      LimitFinding(job.authority.name, InItsWords(wait, *conclusion.setback->problem));
}

// The CA's look at CAA is a part of its validation, and fails it.
bool ForbiddenByCaa(const Setback& setback) {
  return setback.problem && IsAcmeError(*setback.problem, "caa");
}

// What the setback says of the CA.
void AddNews(const OrderJob& job, const Setback& setback, AuthorityNews& news) {
  news.ca = job.authority.name;
  news.is_down = setback.ca_is_down;
  news.was_spared = setback.was_spared;
  const OrderState state = job.order.progress.state;
  // At another request than newOrder it is about that request, unless the CA says for how long.
  if (setback.problem && IsRateLimit(*setback.problem) &&
      (state == OrderState::kIntended || setback.problem->retry_after)) {
    news.wait = WaitOf(*setback.problem, news.ca, job.order.names, job.now);
  }
  // One that had answered when its holder died reads its tokens again, and finds it then.
  const bool answered = state == OrderState::kPublishing || state == OrderState::kValidating;
  const bool failed = setback.finding.code == FindingCode::kCaValidationFailed ||
                      !setback.refused.empty() || ForbiddenByCaa(setback);
  if (!answered || !failed) return;
  const bool named = setback.problem && !setback.problem->identifier.empty();
  std::vector<std::string> names;
  for (const RefusedName& refused : setback.refused) names.push_back(refused.name);
  if (names.empty()) names = named ? std::vector{setback.problem->identifier} : job.order.names;
  news.failed = FailedValidations(news.ca, names);
}

}  // namespace

const CertificateAuthority* FindAuthority(const Services& services, const std::string& name) {
  const auto found = std::ranges::find(services.authorities, name, &CertificateAuthority::name);
  return found == services.authorities.end() ? nullptr : &*found;
}

Outcome<std::vector<std::string>> CaaIdentitiesOf(const CertificateAuthority& authority,
                                                  base::Deadline deadline) {
  if (!authority.caa_identities.empty()) return authority.caa_identities;
  Outcome<AcmeMetadata> got = Sort(authority.client->GetMetadata(deadline), authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  std::vector<std::string> identities = std::get<AcmeMetadata>(std::move(got)).caa_identities;
  if (identities.size() > kMaxIdentities) identities.resize(kMaxIdentities);
  return identities;
}

const std::string& ProfileAt(const CertificateAuthority& authority,
                             const Certificate& certificate) {
  const std::string& chosen = certificate.settings.profile;
  return chosen.empty() ? authority.profile : chosen;
}

absl::StatusOr<AuthorityChoice> ChooseAuthorityFor(const Services& services,
                                                   Transaction& transaction,
                                                   Certificate certificate,
                                                   const AuthorityNews& unstored) {
  if (unstored.failure) NoteFailure(*unstored.failure, certificate.ca_failures);
  ASSIGN_OR_RETURN(const bool needs_customer, NeedsCustomer(services, transaction, certificate));
  std::vector<AuthorityState> states;
  for (const std::string& ca : Allowed(services, certificate)) {
    const CertificateAuthority& authority = *FindAuthority(services, ca);
    ASSIGN_OR_RETURN(AuthorityState state,
                     StateOf(transaction.cas(), authority, certificate, transaction.now()));
    state.tokens_too_brief = needs_customer && TokensAreTooBrief(authority, certificate);
    const bool waits_longer = unstored.wait && unstored.ca == ca &&
                              (!state.limit || state.limit->end_time < unstored.wait->end_time);
    if (waits_longer) state.limit = unstored.wait;
    states.push_back(std::move(state));
  }
  return ChooseAuthority(states, transaction.now(), FirstExpireTime(certificate));
}

Conclusion ConsiderOtherAuthority(OrderJob& job, Conclusion conclusion) {
  if (!conclusion.setback) return conclusion;
  Setback& setback = *conclusion.setback;
  const bool is_too_late = IsEndless(job) || IsLimitedTooLate(job, setback);
  if (IsBeyondMoving(job.order) && !is_too_late) return conclusion;
  AuthorityNews& news = conclusion.news;
  AddNews(job, setback, news);
  const bool waits = news.wait && job.order.progress.state == OrderState::kIntended;
  if (waits) WaitFor(job, *news.wait, conclusion);
  const bool refused = std::holds_alternative<GivenUp>(conclusion.event);
  const bool is_limited = setback.finding.code == FindingCode::kCaLimitReached;
  if (refused || (!news.is_down && !is_limited && !news.failure && !is_too_late)) {
    return conclusion;
  }

  AuthorityNews met = news;
  if (!met.wait) met.wait = setback.wait;
  if (news.is_down || IsEndless(job)) {
    met.failure = CaFailure{.ca = news.ca,
                            .trouble = CaTrouble::kDown,
                            .time = job.now,
                            .retry_time = job.now + kDownPause};
  }
  const absl::StatusOr<Outlook> outlook = LookAhead(job, met);
  met.wait = news.wait;                  // what is ours alone is not for others to know
  if (!outlook.ok()) return conclusion;  // the same step again, and then another look
  if (!outlook->other_is_ready) {
    // Another CA may be ready before this one is.
    const absl::Duration until = std::max(outlook->look_time - job.now, absl::Seconds(1));
    conclusion.retry_in = std::min(conclusion.retry_in, until);
    return conclusion;
  }
  if (news.is_down && !is_too_late && !Leaves(job, *outlook)) return conclusion;
  if (MayMove(job.order)) return MoveTo(job, outlook->choice, std::move(met));
  conclusion.event = GivenUp{};
  setback.disposition = Disposition::kNewOrder;
  news = std::move(met);
  return conclusion;
}

std::optional<Conclusion> MoveToReadyAuthority(OrderJob& job) {
  if (!MayMove(job.order) || job.order.progress.tries == 0) return std::nullopt;
  const absl::StatusOr<Outlook> outlook = LookAhead(job, {});
  if (!outlook.ok() || !outlook->other_is_ready) return std::nullopt;
  return MoveTo(job, outlook->choice, {});
}

absl::Status StoreAuthorityNews(const Services& services, Transaction& transaction,
                                const AuthorityNews& news, Certificate& certificate) {
  CaRecords& cas = transaction.cas();
  const CertificateAuthority* authority = FindAuthority(services, news.ca);
  if (news.answers) RETURN_IF_ERROR(cas.NoteReply(news.ca));
  if (news.wait) RETURN_IF_ERROR(cas.PutWait(news.ca, *news.wait));
  if (authority != nullptr) RETURN_IF_ERROR(AddFailedValidations(cas, *authority, news.failed));
  if (news.unsent) RETURN_IF_ERROR(TakeBackOrderUses(cas, news.ca, *news.unsent));
  if (news.failure) NoteFailure(*news.failure, certificate.ca_failures);
  return news.is_down && !news.was_spared ? cas.NoteFailure(news.ca) : absl::OkStatus();
}

Finding NoAuthorityFinding(const Certificate& certificate) {
  if (certificate.backup_of) return NoBackupAuthorityFinding(certificate.avoided_ca);
  Finding finding{.code = FindingCode::kNoAuthority};
  finding.sentence = absl::StrFormat(
      "None of the CAs that the certificate allows (%s) is configured any more: Padlock's "
      "operators must configure one of them, or the certificate be made anew with others.",
      absl::StrJoin(certificate.settings.authorities, ", "));
  return finding;
}

}  // namespace cert
