#include "cert/app/domain_details.h"
#include "cert/store/record_moves.h"

#include <map>
#include <utility>

#include "base/status_macros.h"

namespace cert {
namespace {

using ::observation::RecordType;

std::vector<ShownRecord> Undecided(std::vector<RequiredRecord> records, const OrderId& order = {}) {
  std::vector<ShownRecord> shown;
  for (RequiredRecord& record : records) {
    shown.push_back({.record = std::move(record), .order = order});
  }
  return shown;
}

absl::Status AddTokens(Transaction& transaction, DomainDetails& details) {
  if (details.domain.method != ValidationMethod::kTxt) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(transaction, details.domain));
  for (const CertificateId& id : certificates) {
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
    if (!certificate.order.has_value()) continue;
    ASSIGN_OR_RETURN(const Order order, transaction.GetOrder(*certificate.order));
    for (ShownRecord& token : Undecided(TokenRecords(order, details.domain.id), order.id)) {
      details.tokens.push_back(std::move(token));
    }
  }
  return absl::OkStatus();
}

// Leaves the evidence with them.
absl::Status DecideOnRecords(Transaction& transaction, const AgreementPolicy& policy,
                             DomainDetails& details) {
  details.records = Undecided(RequiredRecords(details.domain));
  if (!details.domain.check_time.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(details.evidence, transaction.LatestEvidence(details.domain.id.text()));
  if (!details.evidence.has_value()) return absl::OkStatus();
  for (ShownRecord& shown : details.records) {
    shown.decision = DecisionOn(shown.record, details.evidence->answers, policy);
  }
  return absl::OkStatus();
}

// The tokens come first: what is kept of a domain's own evidence is read when theirs is gone.
absl::StatusOr<std::vector<DomainDetails>> ReadAll(Transaction& transaction,
                                                   std::vector<Domain> domains,
                                                   const AgreementPolicy& policy, DomainView view) {
  std::vector<DomainDetails> all;
  for (Domain& domain : domains) {
    all.push_back({.domain = std::move(domain)});
    RETURN_IF_ERROR(AddTokens(transaction, all.back()));
  }
  const auto latest_of = [&](const OrderId& id) { return transaction.LatestEvidence(id.text()); };
  RETURN_IF_ERROR(DecideOnTokens(policy, latest_of, all));
  for (DomainDetails& details : all) {
    RETURN_IF_ERROR(DecideOnRecords(transaction, policy, details));
    if (view == DomainView::kBasic) details.evidence.reset();
  }
  return all;
}

}  // namespace

std::optional<Decision> DecisionOn(const RequiredRecord& record, const Evidence& evidence,
                                   const AgreementPolicy& policy) {
  const bool is_cname = record.purpose == RecordPurpose::kDelegation;
  const RecordType type = is_cname ? RecordType::kCname : RecordType::kTxt;
  for (const Answer& answer : evidence) {
    if (answer.question.name != record.name || answer.question.type != type) continue;
    const bool is_token = record.purpose == RecordPurpose::kAcmeToken;
    return Judge(is_token ? OnlyFor(answer, record.value) : answer, policy).decision;
  }
  return std::nullopt;
}

absl::Status DecideOnTokens(const AgreementPolicy& policy, LatestEvidenceOf latest_of,
                            std::vector<DomainDetails>& all) {
  std::map<OrderId, std::vector<ShownRecord*>> by_order;
  for (DomainDetails& details : all) {
    for (ShownRecord& token : details.tokens) by_order[token.order].push_back(&token);
  }
  for (const auto& [order, tokens] : by_order) {
    ASSIGN_OR_RETURN(const std::optional<EvidenceRecord> evidence, latest_of(order));
    if (!evidence.has_value()) continue;
    for (ShownRecord* const token : tokens) {
      token->decision = DecisionOn(token->record, evidence->answers, policy);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DomainDetails>> DetailsOf(Transaction& transaction,
                                                     std::vector<Domain> domains,
                                                     const AgreementPolicy& policy) {
  return ReadAll(transaction, std::move(domains), policy, DomainView::kBasic);
}

absl::StatusOr<DomainDetails> DetailsOf(Transaction& transaction, Domain domain,
                                        const AgreementPolicy& policy, DomainView view) {
  ASSIGN_OR_RETURN(std::vector<DomainDetails> all,
                   ReadAll(transaction, {std::move(domain)}, policy, view));
  return std::move(all.front());
}

}  // namespace cert
