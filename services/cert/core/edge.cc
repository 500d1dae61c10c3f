#include "cert/core/edge.h"

#include <algorithm>

#include "cert/core/names.h"

namespace cert {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::RecordType;

// In the form of a key authorization (RFC 8555, 8.1), of no key.
constexpr char kNoToken[] =
    "padlock-looks-where-this-host-leads.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool LeadsToEdge(const View& view, const std::vector<std::string>& edge_addresses) {
  return view.failure.empty() && !view.observations.empty() &&
         std::ranges::all_of(view.observations, [&](const Observation& seen) {
           return seen.outcome == Outcome::kNoData &&
                  std::ranges::find(edge_addresses, seen.address) != edge_addresses.end();
         });
}

}  // namespace

bool MayGoByHttpFirst(const Order& order, const Certificate& certificate,
                      const std::vector<Domain>& domains) {
  const bool renews = certificate.issuance && !certificate.avoids_http;
  const bool wildcard = std::ranges::any_of(order.names, IsWildcard);
  const bool otherwise = std::ranges::any_of(
      domains, [](const Domain& domain) { return domain.method != ValidationMethod::kHttp; });
  return renews && !wildcard && otherwise;
}

std::vector<Question> EdgeQuestions(const Order& order) {
  std::vector<Question> questions;
  for (const std::string& name : order.names) {
    questions.push_back({.name = name,
                         .type = RecordType::kHttp,
                         .scope = observation::Scope::kAuthoritative,
                         .expected_values = {kNoToken}});
  }
  return questions;
}

bool IsEdgeLook(const Evidence& evidence) {
  return !evidence.empty() && evidence.front().question.type == RecordType::kHttp &&
         evidence.front().question.expected_values == std::vector<std::string>{kNoToken};
}

bool LeadsToEdge(const Evidence& evidence, const std::vector<std::string>& edge_addresses) {
  return !evidence.empty() && std::ranges::all_of(evidence, [&](const Answer& answer) {
    return !answer.views.empty() && std::ranges::all_of(answer.views, [&](const View& view) {
      return LeadsToEdge(view, edge_addresses);
    });
  });
}

bool MayBeForHttp(FindingCode code) {
  switch (code) {
    case FindingCode::kCaValidationFailed:
    case FindingCode::kCaRefused:
    case FindingCode::kHttpTokenMissing:
    case FindingCode::kHttpOtherAnswer:
    case FindingCode::kHttpUnreachable:
    case FindingCode::kOrderInvalid:
    case FindingCode::kOrderExpired:
      return true;
    default:
      return false;
  }
}

}  // namespace cert
