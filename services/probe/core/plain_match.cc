#include "probe/core/plain_match.h"

#include <string>
#include <variant>

namespace probe {

using observation::Observation;
using observation::Outcome;

std::optional<PlainMatch> FindPlainMatch(const Message& message, const Question& question,
                                         const Expectation& expectation) {
  const bool is_whole = message.rcode == kRcodeNoError && !message.truncated &&
                        !message.extended_error && message.answers.size() == 1;
  if (!is_whole || question.type != RrType::kTxt || expectation.values.size() != 1) {
    return std::nullopt;
  }
  const Record& record = message.answers.front();
  if (record.type != RrType::kTxt || record.owner != question.name) return std::nullopt;
  const auto* const text = std::get_if<std::string>(&record.data);
  if (text == nullptr || *text != expectation.values.front()) return std::nullopt;
  return PlainMatch{.ttl = record.ttl, .authenticated_data = message.authenticated_data};
}

void ShowPlainMatch(const PlainMatch& match, const std::string& value, Observation& observation) {
  observation.outcome = Outcome::kMatch;
  observation.vote = VoteFor(Outcome::kMatch);
  observation.values.push_back(value);
  observation.ttl = match.ttl;
  observation.authenticated_data = match.authenticated_data;
}

}  // namespace probe
