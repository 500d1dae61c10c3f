// Strong ids, so that a tenant is never passed where a domain is meant. Text forms: "dom_…",
// "crt_…", "ord_…", "iss_…" with 26 base32 characters; a tenant's is the caller's own word. Values.

#pragma once

#include <compare>
#include <string>
#include <utility>

#include "base/random.h"

namespace cert {

template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}

  // Draws a new one.
  static Id New(base::Random& random) { return Id(Tag::kPrefix + random.Token()); }

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

struct TenantTag {
  static constexpr char kPrefix[] = "";
};
struct DomainTag {
  static constexpr char kPrefix[] = "dom_";
};
struct CertificateTag {
  static constexpr char kPrefix[] = "crt_";
};
struct OrderTag {
  static constexpr char kPrefix[] = "ord_";
};
struct IssuanceTag {
  static constexpr char kPrefix[] = "iss_";
};

using TenantId = Id<TenantTag>;
using DomainId = Id<DomainTag>;
using CertificateId = Id<CertificateTag>;
using OrderId = Id<OrderTag>;
using IssuanceId = Id<IssuanceTag>;

}  // namespace cert
