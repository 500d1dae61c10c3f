#include "cert/acme/problem.h"

#include "absl/strings/str_format.h"

namespace cert {
namespace {

constexpr std::size_t kMaxType = 256;
constexpr std::size_t kMaxDetail = 512;
constexpr std::size_t kMaxIdentifier = 255;
constexpr std::size_t kMaxSubproblems = 1000;

bool IsContinuation(char octet) { return (static_cast<unsigned char>(octet) & 0xC0U) == 0x80U; }

// Octets of the character that `text` starts with; 0 when it starts with none.
std::size_t CharacterSize(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = 0;
  if (lead < 0x80) size = 1;
  if (lead >= 0xC2 && lead <= 0xDF) size = 2;
  if (lead >= 0xE0 && lead <= 0xEF) size = 3;
  if (lead >= 0xF0 && lead <= 0xF4) size = 4;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  if (size < 3) return size;
  // Overlong forms, surrogates and what lies beyond U+10FFFF are in the second octet.
  const auto second = static_cast<unsigned char>(text[1]);
  const bool bad = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                   (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return bad ? 0 : size;
}

bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

// RFC 8555, 6.7.1: which of the names the CA objects to.
std::vector<AcmeSubproblem> SubproblemsOf(const JsonObject& document) {
  std::vector<AcmeSubproblem> named;
  const auto subproblems = document.Objects("subproblems", kMaxSubproblems);
  if (!subproblems) return named;
  for (const JsonObject& subproblem : *subproblems) {
    const auto identifier = subproblem.Object("identifier");
    const auto value = identifier ? identifier->String("value") : std::nullopt;
    if (!value) continue;
    named.push_back({.type = Sanitise(subproblem.String("type").value_or(""), kMaxType),
                     .detail = Sanitise(subproblem.String("detail").value_or(""), kMaxDetail),
                     .identifier = Sanitise(*value, kMaxIdentifier)});
  }
  return named;
}

}  // namespace

std::string AcmeErrorType(std::string_view name) {
  return std::string(kAcmeErrorPrefix) + std::string(name);
}

std::string Sanitise(std::string_view text, std::size_t limit) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    if (size == 0) {
      text.remove_prefix(1);
      continue;
    }
    const std::string_view character = text.substr(0, size);
    text.remove_prefix(size);
    if (IsControl(character)) continue;
    if (clean.size() + size > limit) break;
    clean += character;
  }
  return clean;
}

AcmeProblem ToProblem(const JsonObject& document) {
  AcmeProblem problem;
  problem.type = Sanitise(document.String("type").value_or(""), kMaxType);
  if (problem.type.empty()) problem.type = kNoProblemType;
  problem.detail = Sanitise(document.String("detail").value_or(""), kMaxDetail);
  const std::int64_t status = document.Integer("status").value_or(0);
  if (status >= 100 && status <= 599) problem.http_status = static_cast<int>(status);
  problem.subproblems = SubproblemsOf(document);
  if (!problem.subproblems.empty()) problem.identifier = problem.subproblems.front().identifier;
  return problem;
}

AcmeProblem ParseProblem(const std::string& body, int http_status,
                         std::optional<absl::Duration> retry_after) {
  AcmeProblem problem;
  const auto document = JsonObject::Parse(body);
  if (document.ok()) {
    problem = ToProblem(*document);
  } else {
    problem.type = kNoProblemType;
    problem.detail = absl::StrFormat("HTTP %d without a problem document", http_status);
  }
  problem.http_status = http_status;
  problem.retry_after = retry_after;
  return problem;
}

}  // namespace cert
