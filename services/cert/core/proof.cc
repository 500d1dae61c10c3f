#include "cert/core/proof.h"

#include "absl/strings/str_format.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::observation::Scope;

std::string ClaimName(const Domain& domain) { return "_padlock." + domain.hostname; }
std::string ChallengeName(const Domain& domain) { return "_acme-challenge." + domain.hostname; }

}  // namespace

std::string ZoneFileLine(const std::string& name, const std::string& type,
                         const std::string& value) {
  if (type == "TXT") return absl::StrFormat("%s. 3600 IN TXT \"%s\"", name, value);
  return absl::StrFormat("%s. 3600 IN %s %s.", name, type, value);
}

std::vector<RequiredRecord> RequiredRecords(const Domain& domain) {
  RequiredRecord claim{.purpose = RecordPurpose::kClaim,
                       .type = "TXT",
                       .name = ClaimName(domain),
                       .value = domain.claim_value};
  RequiredRecord delegation{.purpose = RecordPurpose::kDelegation,
                            .type = "CNAME",
                            .name = ChallengeName(domain),
                            .value = domain.delegation_target};
  std::vector<RequiredRecord> records{std::move(claim), std::move(delegation)};
  for (RequiredRecord& record : records) {
    record.zone_file_line = ZoneFileLine(record.name, record.type, record.value);
  }
  return records;
}

std::vector<Question> ProofQuestions(const Domain& domain) {
  return {
      {.name = ClaimName(domain),
       .type = RecordType::kTxt,
       .scope = Scope::kAuthoritativeThenRecursive,
       .expected_values = {domain.claim_value}},
      {.name = ChallengeName(domain),
       .type = RecordType::kCname,
       .scope = Scope::kAuthoritativeThenRecursive,
       .expected_values = {domain.delegation_target}},
      {.name = ChallengeName(domain),
       .type = RecordType::kTxt,
       .scope = Scope::kAuthoritative,
       .expected_values = {domain.canary_value}},
  };
}

Question TokenQuestion(const Domain& domain, const Order& order) {
  Question question{.name = ChallengeName(domain),
                    .type = RecordType::kTxt,
                    .scope = Scope::kAuthoritativeThenRecursive};
  for (const Authorization& authorization : order.authorizations) {
    if (!authorization.valid) question.expected_values.push_back(authorization.txt_value);
  }
  return question;
}

}  // namespace cert
