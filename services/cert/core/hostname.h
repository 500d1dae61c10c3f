// Hostnames as customers give them, parsed once: after Parse() nobody checks again.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cert {

// A fully qualified hostname in A-labels (RFC 1034 3.5, RFC 1123 2.1, RFC 5890 2.3.2.1): lower
// case, without the trailing dot, at least two labels, at most 253 octets. Never a wildcard, an IP
// address or a public suffix. Immutable.
class Hostname {
 public:
  // INVALID_ARGUMENT, with a sentence for the caller, if `text` is anything else. A U-label's
  // sentence gives the A-label to use instead. One trailing dot and upper case are accepted.
  static absl::StatusOr<Hostname> Parse(const std::string& text);

  const std::string& text() const { return text_; }

  bool operator==(const Hostname&) const = default;

 private:
  explicit Hostname(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// The names that Padlock derives from a hostname, all at most 253 octets.
struct DerivedNames {
  std::string claim;              // "_padlock.<host>"
  std::string challenge;          // "_acme-challenge.<host>" (RFC 8555 8.4)
  std::string delegation_target;  // "<host>.<delegation id>.<zone>"

  // INVALID_ARGUMENT when one would be longer than 253 octets; the sentence names the limit.
  static absl::StatusOr<DerivedNames> Of(const Hostname& host, const std::string& delegation_id,
                                         const std::string& delegation_zone);
};

// What the certificate of a domain covers: the host, and "*.<host>" when asked for.
std::vector<std::string> CertificateNames(const Hostname& host, bool wildcard);

}  // namespace cert
