#include "cert/core/mention.h"

#include "absl/strings/ascii.h"

namespace cert {
namespace {

bool IsHostOctet(char octet) {
  return absl::ascii_isalnum(static_cast<unsigned char>(octet)) || octet == '-' || octet == '_';
}

}  // namespace

bool Mentions(std::string_view text, const std::string& name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (IsHostOctet(before) || before == '.' || before == '*') continue;
    const std::string_view rest = text.substr(at + name.size());
    const bool ends = rest.empty() || (!IsHostOctet(rest[0]) && rest[0] != '.');
    const bool ends_a_sentence =
        !ends && rest[0] == '.' && (rest.size() == 1 || !IsHostOctet(rest[1]));
    if (ends || ends_a_sentence) return true;
  }
  return false;
}

}  // namespace cert
