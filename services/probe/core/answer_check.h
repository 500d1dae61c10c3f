// Whether a packet can be the answer to a query, judged by its header and question alone, before
// anything else looks at it. Who sent it, and to which of our ports, is checked by the receiver.

#pragma once

#include <cstdint>
#include <span>

namespace probe {

enum class AnswerCheck {
  kAccepted,
  kShort,          // no header
  kWrongId,        // answers another query
  kNotAResponse,   // QR is clear: an echo
  kWrongQuestion,  // not the question that was asked
  kCaseLost,       // the question, but in other letter case: unproven, ask again over TCP
};

inline constexpr int kAnswerChecks = 6;

// "accepted", "wrong_id", …: for metrics.
const char* AnswerCheckName(AnswerCheck check);

// `query` is what EncodeQuery made. A response without a question is accepted when it reports an
// error: servers that cannot read a query do not repeat it.
AnswerCheck CheckAnswer(std::span<const std::uint8_t> query, std::span<const std::uint8_t> packet);

}  // namespace probe
