// Tokens at the delegation target: stored, then published; taken away by value when no live order
// wants them.

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "cert/core/diagnosis.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

std::vector<TxtRecord> Tokens(const Order& order) {
  std::vector<TxtRecord> tokens;
  for (const Authorization& authorization : order.authorizations) {
    if (authorization.txt_value.empty() || authorization.valid) continue;
    tokens.push_back({.name = order.delegation_target, .value = authorization.txt_value});
  }
  return tokens;
}

Setback Unusable(const OrderJob& job, const AcmeAuthorization& at_ca) {
  if (at_ca.error) return SetbackOf(*at_ca.error, job.authority.name, AcmeStage::kValidation);
  Setback setback{.disposition = Disposition::kNewOrder};
  setback.finding.code = FindingCode::kCaRefused;
  setback.finding.sentence = absl::StrFormat(
      "The CA %s offers no usable dns-01 authorization for %s; a new order follows by itself.",
      job.authority.name, at_ca.identifier);
  return setback;
}

// Reads one authorization from the CA.
std::optional<Setback> Learn(const OrderJob& job, const AcmeAccount& account,
                             Authorization& authorization) {
  Outcome<AcmeAuthorization> got =
      Sort(job.authority.client->GetAuthorization(account, authorization.url,
                                                  OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  const AcmeAuthorization& at_ca = std::get<AcmeAuthorization>(got);
  authorization.identifier = at_ca.identifier;
  authorization.wildcard = at_ca.wildcard;
  authorization.challenge_url = at_ca.challenge_url;
  authorization.txt_value = at_ca.txt_value;
  authorization.valid = at_ca.status == AcmeAuthorizationStatus::kValid;
  const bool answerable = at_ca.status == AcmeAuthorizationStatus::kPending &&
                          !at_ca.challenge_url.empty() && !at_ca.txt_value.empty();
  if (!authorization.valid && !answerable) return Unusable(job, at_ca);
  return std::nullopt;
}

absl::Status DropWanted(const OrderJob& job, std::vector<TxtRecord>& tokens) {
  return job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
    absl::StatusOr<std::vector<std::string>> wanted =
        transaction.TokensWanted(job.order.delegation_target, job.order.id);
    if (!wanted.ok()) return wanted.status();
    std::erase_if(tokens, [&](const TxtRecord& token) {
      return std::ranges::find(*wanted, token.value) != wanted->end();
    });
    return absl::OkStatus();
  });
}

Conclusion PublicationTrouble(const OrderJob& job, const absl::Status& status) {
  Setback setback{.disposition = Disposition::kRetryStep,
                  .finding = PublicationFinding(std::string(status.message()))};
  return Conclude(job, std::move(setback));
}

}  // namespace

Conclusion PublishTokens(OrderJob& job) {
  Outcome<AcmeAccount> account =
      job.accounts.Get(job.authority, OutsideDeadline(job.services, job.lease));
  if (auto* setback = std::get_if<Setback>(&account)) return Conclude(job, std::move(*setback));
  for (Authorization& authorization : job.order.authorizations) {
    std::optional<Setback> setback = Learn(job, std::get<AcmeAccount>(account), authorization);
    if (setback) return Conclude(job, *std::move(setback));
  }
  // Before anything stands in the zone, so that it can be withdrawn after a crash.
  if (absl::Status saved = Save(job); !saved.ok()) return Conclude(job, OurTrouble(saved));

  const std::vector<TxtRecord> tokens = Tokens(job.order);
  if (tokens.empty()) return {.event = Ready{}};
  const absl::Status published =
      job.services.publisher.Publish(tokens, OutsideDeadline(job.services, job.lease));
  if (!published.ok()) return PublicationTrouble(job, published);
  return {.event = Published{},
          .announce = EventType::kOrderPublished,
          .message = absl::StrFormat("%d token(s) stand at %s on every server of our zone.",
                                     tokens.size(), job.order.delegation_target)};
}

Conclusion WithdrawTokens(OrderJob& job) {
  std::vector<TxtRecord> tokens = Tokens(job.order);
  if (absl::Status read = DropWanted(job, tokens); !read.ok()) {
    return Conclude(job, OurTrouble(read));
  }
  if (tokens.empty()) return {.event = Withdrawn{}};
  const absl::Status withdrawn =
      job.services.publisher.Withdraw(tokens, OutsideDeadline(job.services, job.lease));
  if (!withdrawn.ok()) return PublicationTrouble(job, withdrawn);
  return {.event = Withdrawn{},
          .announce = EventType::kRecordsWithdrawn,
          .message = absl::StrFormat("%d token(s) were withdrawn from %s.", tokens.size(),
                                     job.order.delegation_target)};
}

}  // namespace cert
