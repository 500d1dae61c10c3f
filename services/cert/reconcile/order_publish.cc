// Tokens: stored, then published at each domain's delegation target; taken away by value when no
// live order wants them. Those that the customer creates, and those of http-01, are only stored.

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/core/challenge.h"
#include "cert/core/diagnosis.h"
#include "cert/reconcile/order_commit.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

// Those that we publish.
std::vector<TxtRecord> Tokens(const Order& order) {
  std::vector<TxtRecord> tokens;
  for (const Authorization& authorization : order.authorizations) {
    const bool ours = authorization.method == ValidationMethod::kDelegation;
    if (!ours || !NeedsToken(authorization)) continue;
    tokens.push_back({.name = authorization.delegation_target, .value = authorization.txt_value});
  }
  return tokens;
}

Setback Unusable(const OrderJob& job, const AcmeAuthorization& at_ca,
                 const Authorization& authorization) {
  if (StateOf(at_ca, authorization.method).error) {  // answered before a crash
    return FailedAuthorization(job, authorization, at_ca);
  }
  Setback setback{.disposition = Disposition::kNewOrder};
  setback.finding.code = FindingCode::kCaRefused;
  setback.finding.sentence = absl::StrFormat(
      "The CA %s offers no usable %s authorization for %s; a new order follows by itself.",
      job.authority.name, authorization.method == ValidationMethod::kHttp ? "http-01" : "dns-01",
      at_ca.identifier);
  return setback;
}

// Over HTTP where that comes first, if the CA has it.
Domain AsAnswered(const Order& order, const AcmeAuthorization& at_ca, Domain domain) {
  if (order.http_first.value_or(false) && at_ca.http) domain.method = ValidationMethod::kHttp;
  return domain;
}

// Reads one authorization from the CA. `untouched` ends as false if its challenge was answered
// before, which a crash has kept from being stored.
std::optional<Setback> Learn(OrderJob& job, const AcmeAccount& account,
                             Authorization& authorization, bool& untouched) {
  Outcome<AcmeAuthorization> got =
      Sort(job.authority.client->GetAuthorization(account, authorization.url,
                                                  OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  const AcmeAuthorization& at_ca = std::get<AcmeAuthorization>(got);
  const bool valid = at_ca.status == AcmeAuthorizationStatus::kValid;
  const bool stands = NeedsToken(authorization);  // a token that is to be withdrawn
  if (valid && stands) {
    untouched = false;
    return std::nullopt;
  }
  const Domain* const domain = FindDomain(job.domains, at_ca.identifier);
  Authorization learnt = authorization;
  learnt.identifier = at_ca.identifier;
  learnt.wildcard = at_ca.wildcard;
  learnt.valid = valid;
  const bool offered =
      domain != nullptr && TakeChallenge(at_ca, AsAnswered(job.order, at_ca, *domain), learnt);
  const bool answerable = offered && at_ca.status == AcmeAuthorizationStatus::kPending;
  if (!valid && !answerable) return Unusable(job, at_ca, learnt);
  if (stands && learnt.txt_value != authorization.txt_value) return TokenIsStale();
  authorization = std::move(learnt);
  const bool pending = StateOf(at_ca, authorization.method).status == AcmeChallengeStatus::kPending;
  untouched = untouched && (valid || pending);
  // The tokens live no longer than their authorizations.
  if (answerable && at_ca.expire_time) {
    job.order.expire_time =
        std::min(job.order.expire_time.value_or(*at_ca.expire_time), *at_ca.expire_time);
  }
  return std::nullopt;
}

// "2 published in our zone, 1 for the customer to create, 1 answered over HTTP".
std::string Places(const Order& order) {
  std::vector<std::string> places;
  const auto count = [&](ValidationMethod method, const char* where) {
    const auto number = std::ranges::count_if(order.authorizations, [&](const Authorization& it) {
      return it.method == method && NeedsToken(it);
    });
    if (number > 0) places.push_back(absl::StrFormat("%d %s", number, where));
  };
  count(ValidationMethod::kDelegation, "on every server of our zone");
  count(ValidationMethod::kTxt, "for the customer to create");
  count(ValidationMethod::kHttp, "answered over HTTP");
  return absl::StrJoin(places, ", ");
}

Conclusion PublicationTrouble(const OrderJob& job, const absl::Status& status) {
  Setback setback{.disposition = Disposition::kRetryStep,
                  .finding = PublicationFinding(std::string(status.message()))};
  return Conclude(job, std::move(setback));
}

}  // namespace

Conclusion PublishTokens(OrderJob& job) {
  Outcome<AcmeAccount> got =
      job.accounts.Get(job.authority, OutsideDeadline(job.services, job.lease));
  if (auto* setback = std::get_if<Setback>(&got)) return Conclude(job, std::move(*setback));
  const AcmeAccount& account = std::get<AcmeAccount>(got);
  bool untouched = true;
  // Where a lease was too short for all of them, the next one goes on.
  const bool goes_on = job.order.progress.tries > 0;
  for (Authorization& authorization : job.order.authorizations) {
    if (goes_on && !authorization.identifier.empty()) {
      untouched = false;
      continue;
    }
    if (auto setback = OutOfTime(job)) return Conclude(job, *std::move(setback));
    std::optional<Setback> setback = Learn(job, account, authorization, untouched);
    if (setback) return Conclude(job, *std::move(setback));
  }
  // Before anything stands in the zone, so that it can be withdrawn after a crash.
  const absl::StatusOr<bool> saved = Save(job);
  if (!saved.ok()) return Conclude(job, OurTrouble(saved.status()));
  if (!*saved) return {.event = Retry{.counts = false}};
  if (untouched) job.fresh.token_key = account.key_pem;

  if (std::ranges::none_of(job.order.authorizations, NeedsToken)) {
    return {.event = Ready{}, .only_leads_on = true};
  }
  const std::vector<TxtRecord> tokens = Tokens(job.order);
  if (!tokens.empty()) {
    const absl::Status published =
        job.services.publisher.Publish(tokens, OutsideDeadline(job.services, job.lease));
    if (!published.ok()) return PublicationTrouble(job, published);
  }
  // Customers are to see theirs while they are looked for.
  return {.event = Published{},
          .only_leads_on = !NeedsCustomer(job.order),
          .notes = {
              {.type = EventType::kOrderPublished,
               .message = absl::StrFormat("The CA's token(s) are there: %s.", Places(job.order))}}};
}

absl::StatusOr<std::vector<TxtRecord>> UnwantedTokens(Transaction& transaction,
                                                      const Order& order) {
  std::vector<TxtRecord> unwanted;
  std::string target;
  std::vector<std::string> wanted;  // there
  for (TxtRecord& token : Tokens(order)) {
    if (token.name != target) {
      target = token.name;
      ASSIGN_OR_RETURN(wanted, transaction.TokensWanted(target, order.id));
    }
    if (std::ranges::find(wanted, token.value) == wanted.end()) {
      unwanted.push_back(std::move(token));
    }
  }
  return unwanted;
}

Conclusion WithdrawTokens(OrderJob& job) {
  if (!job.fresh.unwanted) {
    const absl::Status read =
        job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(job.fresh.unwanted, UnwantedTokens(transaction, job.order));
          return absl::OkStatus();
        });
    if (!read.ok()) return Conclude(job, OurTrouble(read));
  }
  const std::vector<TxtRecord>& tokens = *job.fresh.unwanted;
  if (tokens.empty()) return {.event = Withdrawn{}};
  const absl::Status withdrawn =
      job.services.publisher.Withdraw(tokens, OutsideDeadline(job.services, job.lease));
  if (!withdrawn.ok()) return PublicationTrouble(job, withdrawn);
  return {.event = Withdrawn{},
          .notes = {{.type = EventType::kRecordsWithdrawn,
                     .message = absl::StrFormat("%d token(s) were withdrawn from %s.",
                                                tokens.size(), tokens.front().name)}}};
}

}  // namespace cert
