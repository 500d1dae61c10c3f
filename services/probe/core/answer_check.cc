#include "probe/core/answer_check.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "probe/core/dns_message.h"

namespace probe {
namespace {

constexpr std::size_t kTypeAndClass = 4;

// Of the question section of a query made by EncodeQuery.
std::size_t QuestionLength(std::span<const std::uint8_t> query) {
  std::size_t at = kDnsHeaderLength;
  while (query[at] != 0) at += 1U + query[at];
  return at + 1 + kTypeAndClass - kDnsHeaderLength;
}

bool EqualWithoutCase(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  // Length octets are below 'A', so they compare exactly.
  return std::ranges::equal(a, b, [](std::uint8_t x, std::uint8_t y) {
    return absl::ascii_tolower(x) == absl::ascii_tolower(y);
  });
}

}  // namespace

const char* AnswerCheckName(AnswerCheck check) {
  switch (check) {
    case AnswerCheck::kAccepted:
      return "accepted";
    case AnswerCheck::kShort:
      return "short";
    case AnswerCheck::kWrongId:
      return "wrong_id";
    case AnswerCheck::kNotAResponse:
      return "not_a_response";
    case AnswerCheck::kWrongQuestion:
      return "wrong_question";
    case AnswerCheck::kCaseLost:
      return "case_lost";
  }
  return "unknown";
}

AnswerCheck CheckAnswer(std::span<const std::uint8_t> query, std::span<const std::uint8_t> packet) {
  if (packet.size() < kDnsHeaderLength) return AnswerCheck::kShort;
  if (!std::ranges::equal(query.first(2), packet.first(2))) return AnswerCheck::kWrongId;
  if ((packet[2] & 0x80U) == 0) return AnswerCheck::kNotAResponse;
  const int questions = packet[4] << 8 | packet[5];
  const int rcode = packet[3] & 0x0f;
  if (questions == 0) return rcode != 0 ? AnswerCheck::kAccepted : AnswerCheck::kWrongQuestion;
  const std::size_t length = QuestionLength(query);
  if (questions != 1 || packet.size() < kDnsHeaderLength + length)
    return AnswerCheck::kWrongQuestion;
  const auto asked = query.subspan(kDnsHeaderLength, length);
  const auto answered = packet.subspan(kDnsHeaderLength, length);
  if (std::ranges::equal(asked, answered)) return AnswerCheck::kAccepted;
  const std::size_t name = length - kTypeAndClass;
  const bool same = EqualWithoutCase(asked.first(name), answered.first(name)) &&
                    std::ranges::equal(asked.subspan(name), answered.subspan(name));
  return same ? AnswerCheck::kCaseLost : AnswerCheck::kWrongQuestion;
}

}  // namespace probe
