#include "cert/core/token_diagnosis.h"

#include <algorithm>

#include "cert/core/challenge.h"
#include "cert/core/diagnosis.h"
#include "cert/core/findings.h"
#include "cert/core/proof.h"

namespace cert {

DiagnosisContext TokenContext(const Order& order, const Question& question,
                              const std::string& delegation_zone) {
  const auto found = std::ranges::find_if(order.authorizations, [&](const Authorization& it) {
    return TokenQuestion(it).name == question.name;
  });
  return {.delegation_target = found == order.authorizations.end() ? "" : found->delegation_target,
          .delegation_zone = delegation_zone};
}

std::optional<Finding> DiagnoseTokens(const Order& order, const Evidence& evidence,
                                      const AgreementPolicy& policy,
                                      const std::string& delegation_zone) {
  if (evidence.empty()) return Diagnose(evidence, policy, {});
  for (const Decision wanted : {Decision::kDisagreed, Decision::kCouldNotTell}) {
    for (const Answer& answer : evidence) {
      if (Judge(answer, policy).decision != wanted) continue;
      return Diagnose({answer}, policy, TokenContext(order, answer.question, delegation_zone));
    }
  }
  return std::nullopt;
}

std::vector<RefusedName> NamesUnseen(const Order& order, const Evidence& evidence,
                                     const AgreementPolicy& policy,
                                     const std::string& delegation_zone) {
  std::vector<RefusedName> unseen;
  for (const Answer& answer : evidence) {
    if (Judge(answer, policy).decision != Decision::kDisagreed) continue;
    const std::optional<Finding> why =
        Diagnose({answer}, policy, TokenContext(order, answer.question, delegation_zone));
    if (!why || IsOurPublication(why->code)) continue;
    for (const Authorization& authorization : order.authorizations) {
      const bool meant =
          NeedsToken(authorization) && TokenQuestion(authorization).name == answer.question.name;
      if (!meant) continue;
      unseen.push_back({OrderedNameOf(authorization), *why});
    }
  }
  return unseen;
}

}  // namespace cert
