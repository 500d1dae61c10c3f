#include "cert/core/hostname.h"

#include <idn2.h>
#include <libpsl.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cert/core/names.h"
#include "cert/core/shown.h"

namespace cert {
namespace {

constexpr std::size_t kMaxNameOctets = 253;  // RFC 1035 2.3.4, without the root's dot
constexpr std::size_t kMaxLabelOctets = 63;

struct Idn2Free {
  void operator()(char* text) const { idn2_free(text); }
};

absl::Status Invalid(const std::string& text, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("\"%s\" %s", Shown(text), why));
}

bool IsAscii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

absl::Status UseALabel(const std::string& text) {
  char* raw = nullptr;
  const int result = idn2_to_ascii_8z(text.c_str(), &raw, IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, Idn2Free> a_label(raw);
  if (result != IDN2_OK) {
    return Invalid(text, absl::StrFormat("is neither ASCII nor an internationalized hostname: %s",
                                         idn2_strerror(result)));
  }
  return Invalid(
      text, absl::StrFormat("is a U-label name; use its A-label \"%s\"", Shown(a_label.get())));
}

bool IsLabelOctet(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; }

absl::Status CheckLabel(const std::string& name, const std::string& label) {
  if (label.empty()) return Invalid(name, "has an empty label");
  if (label.size() > kMaxLabelOctets) {
    return Invalid(name, absl::StrFormat("has a label of more than %d octets", kMaxLabelOctets));
  }
  if (label == "*") return Invalid(name, "contains a wildcard; give the host and set wildcard");
  if (!std::ranges::all_of(label, IsLabelOctet)) {
    return Invalid(name, "is not a hostname: only letters, digits and hyphens are allowed");
  }
  if (label.front() == '-' || label.back() == '-') {
    return Invalid(name, "has a label that begins or ends with a hyphen");
  }
  if (label.size() >= 4 && label.substr(2, 2) == "--" && label.substr(0, 2) != "xn") {
    return Invalid(name,
                   "has a label with hyphens in its third and fourth place (RFC 5891 4.2.3.1)");
  }
  return absl::OkStatus();
}

// A-labels must be what their U-labels encode to (RFC 5891 5.4).
absl::Status CheckALabels(const std::string& name) {
  if (name.find("xn--") == std::string::npos) return absl::OkStatus();
  char* unicode_raw = nullptr;
  if (idn2_to_unicode_8z8z(name.c_str(), &unicode_raw, 0) != IDN2_OK) {
    return Invalid(name, "has a label beginning with \"xn--\" that is not an A-label");
  }
  const std::unique_ptr<char, Idn2Free> unicode(unicode_raw);
  char* ascii_raw = nullptr;
  const int result = idn2_to_ascii_8z(unicode.get(), &ascii_raw, IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, Idn2Free> ascii(ascii_raw);
  if (result != IDN2_OK || name != ascii.get()) {
    return Invalid(name, "has a label beginning with \"xn--\" that is not an A-label");
  }
  return absl::OkStatus();
}

absl::Status CheckLabels(const std::string& name) {
  const std::vector<std::string> labels = absl::StrSplit(name, '.');
  for (const std::string& label : labels) {
    absl::Status status = CheckLabel(name, label);
    if (!status.ok()) return status;
  }
  const bool numeric_top = std::ranges::all_of(
      labels.back(), [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
  if (numeric_top) return Invalid(name, "is an IP address or ends in a number, not a hostname");
  if (labels.size() < 2) return Invalid(name, "has one label only; a full hostname is needed");
  return CheckALabels(name);
}

}  // namespace

absl::StatusOr<Hostname> Hostname::Parse(const std::string& text) {
  if (text.empty()) return absl::InvalidArgumentError("must not be empty");
  if (text.size() > 4 * kMaxNameOctets) return Invalid(text, "is too long for a hostname");
  if (text.find('\0') != std::string::npos) return Invalid(text, "contains a NUL");
  if (!IsAscii(text)) return UseALabel(text);
  std::string name = absl::AsciiStrToLower(text);
  if (name.back() == '.') name.pop_back();
  if (name.size() > kMaxNameOctets) {
    return Invalid(name, absl::StrFormat("is longer than %d octets", kMaxNameOctets));
  }
  if (absl::Status status = CheckLabels(name); !status.ok()) return status;
  if (psl_is_public_suffix(psl_builtin(), name.c_str()) != 0) {
    return Invalid(name, "is a public suffix, under which others register names");
  }
  return Hostname(std::move(name));
}

absl::StatusOr<DerivedNames> DerivedNames::Of(const Hostname& host,
                                              const std::string& delegation_id,
                                              const std::string& delegation_zone) {
  DerivedNames names{
      .claim = ClaimNameOf(host.text()),
      .challenge = ChallengeNameOf(host.text()),
      .delegation_target = host.text() + "." + delegation_id + "." + delegation_zone,
  };
  const std::size_t longest =
      std::max({names.claim.size(), names.challenge.size(), names.delegation_target.size()});
  if (longest > kMaxNameOctets) {
    return Invalid(host.text(),
                   absl::StrFormat("is too long: the names derived from it may have %d octets, the "
                                   "longest would have %d",
                                   kMaxNameOctets, longest));
  }
  return names;
}

std::vector<std::string> CertificateNames(const Hostname& host, bool wildcard) {
  std::vector<std::string> names{host.text()};
  if (wildcard) names.insert(names.begin(), WildcardOf(host.text()));
  return names;
}

}  // namespace cert
