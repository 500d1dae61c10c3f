// What the CA in memory issues, and when it would have it renewed.

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/acme/problem.h"
#include "cert/acme/testing/fake_ca.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

constexpr absl::Duration kCaLifetime = absl::Hours(24 * 3650);
constexpr absl::Duration kBackdate = absl::Minutes(1);
constexpr absl::Duration kWrongBy = absl::Hours(1);
constexpr char kIntermediateName[] = "Fake intermediate";

MintedCertificate MintAuthority(const std::string& name, const MintedCertificate* issuer,
                                absl::Time now, const std::string& csr_der = {}) {
  return Mint({.common_name = name,
               .csr_der = csr_der,
               .not_before = now - kCaLifetime,
               .not_after = now + kCaLifetime,
               .authority = true,
               .issuer = issuer});
}

AcmeProblem Refused(const std::string& name, const std::string& detail, int http_status) {
  AcmeProblem problem;
  problem.type = AcmeErrorType(name);
  problem.detail = detail;
  problem.http_status = http_status;
  return problem;
}

AcmeProblem NoSuchThing() { return Refused("malformed", "no such resource", 404); }

RenewalWindow LastThird(const Validity& validity) {
  const absl::Duration lifetime = validity.not_after - validity.not_before;
  const absl::Time start = validity.not_after - lifetime / 3;
  return {.start = start, .end = start + lifetime / 10};
}

}  // namespace

FakeCa::FakeCa(FakeCaOptions options, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      root_(MintAuthority("Fake root", nullptr, clock.TimeNow())),
      intermediate_(MintAuthority(kIntermediateName, &root_, clock.TimeNow())) {}

AcmeMetadata FakeCa::Metadata() const {
  AcmeMetadata metadata{.caa_identities = options_.caa_identities, .profiles = {}};
  for (const auto& [name, lifetime] : options_.profiles) {
    metadata.profiles[name] = "valid for " + absl::FormatDuration(lifetime);
  }
  return metadata;
}

Validity FakeCa::ValidityOf(const Order& order) const {
  const absl::Time now = clock_.TimeNow();
  const auto profile = options_.profiles.find(order.request.profile);
  const absl::Duration lifetime =
      profile == options_.profiles.end() ? options_.lifetime : profile->second;
  Validity validity{.not_before = now - kBackdate, .not_after = now - kBackdate + lifetime};
  if (options_.issuance == FakeIssuance::kExpired) {
    validity = {.not_before = now - kWrongBy - lifetime, .not_after = now - kWrongBy};
  }
  if (options_.issuance == FakeIssuance::kNotYetValid) {
    validity = {.not_before = now + kWrongBy, .not_after = now + kWrongBy + lifetime};
  }
  return validity;
}

MintedCertificate FakeCa::MintLeaf(const Order& order, const std::string& csr_der) const {
  const Validity validity = ValidityOf(order);
  MintOptions mint{.common_name = "",
                   .dns_names = order.order.names,
                   .csr_der = csr_der,
                   .not_before = validity.not_before,
                   .not_after = validity.not_after,
                   .issuer = &intermediate_,
                   .break_signature = options_.issuance == FakeIssuance::kBrokenSignature};
  if (options_.issuance == FakeIssuance::kWrongKey) mint.csr_der.clear();
  if (options_.issuance == FakeIssuance::kWrongName) mint.dns_names.emplace_back("other.test");
  return Mint(mint);
}

std::vector<std::string> FakeCa::ChainsOf(const MintedCertificate& leaf) const {
  const absl::Time now = clock_.TimeNow();
  if (options_.issuance == FakeIssuance::kWrongChain) {
    return {leaf.pem + MintAuthority(kIntermediateName, &root_, now).pem};
  }
  std::vector<std::string> chains = {leaf.pem + intermediate_.pem};
  const std::string intermediate_csr = CreateCsr(intermediate_.key_pem, {"ca.test"}).value_or("");
  for (int i = 1; i <= options_.alternate_chains; ++i) {
    const MintedCertificate root = MintAuthority(absl::StrCat("Fake root ", i), nullptr, now);
    chains.push_back(leaf.pem + MintAuthority(kIntermediateName, &root, now, intermediate_csr).pem);
  }
  return chains;
}

absl::Status FakeCa::Remember(const Order& order, const Validity& validity) {
  ASSIGN_OR_RETURN(const std::string der, LeafDer(order.chains.front()));
  issued_.insert(der);
  ASSIGN_OR_RETURN(const std::string id, RenewalIdOf(order.chains.front()));
  renewable_[id] = {
      .owner = order.owner, .names = order.order.names, .window = LastThird(validity)};
  return absl::OkStatus();
}

AcmeReply<AcmeOrder> FakeCa::Issue(Order& order, const std::string& csr_der) {
  Refresh(order);
  if (order.order.status != AcmeOrderStatus::kReady) {
    return Refused("orderNotReady", "the order is not ready", 403);
  }
  std::vector<std::string> asked = RequestedNames(csr_der);
  std::ranges::sort(asked);
  if (asked != order.order.names) {
    return Refused("badCSR", "the request is not for the names of the order", 400);
  }
  order.chains = ChainsOf(MintLeaf(order, csr_der));
  RETURN_IF_ERROR(Remember(order, ValidityOf(order)));
  order.order.status = AcmeOrderStatus::kProcessing;
  order.polls_left = options_.issuance_polls;
  return order.order;
}

AcmeReply<AcmeChain> FakeCa::DownloadCertificate(const FakeSigner& signer,
                                                 const std::string& url) const {
  for (const auto& [key, known] : orders_) {
    const std::string& first = known.order.certificate_url;
    if (!Knows(signer) || known.owner != signer.account_url || first.empty()) continue;
    const auto url_of = [&](std::size_t i) { return i == 0 ? first : absl::StrCat(first, "/", i); };
    for (std::size_t i = 0; i < known.chains.size(); ++i) {
      if (url != url_of(i)) continue;
      AcmeChain chain{.pem = known.chains[i]};
      for (std::size_t other = 0; other < known.chains.size(); ++other) {
        if (other != i) chain.alternate_urls.push_back(url_of(other));
      }
      return chain;
    }
  }
  return NoSuchThing();
}

AcmeReply<Done> FakeCa::RevokeCertificate(const FakeSigner& signer,
                                          const std::string& certificate_der) {
  if (!Knows(signer)) return Refused("accountDoesNotExist", "no such account", 400);
  if (!issued_.contains(certificate_der)) return NoSuchThing();
  revoked_.insert(certificate_der);
  return Done{};
}

AcmeReply<std::optional<AcmeRenewalInfo>> FakeCa::GetRenewalInfo(
    const std::string& renewal_id) const {
  if (!options_.offers_renewal_info) return std::optional<AcmeRenewalInfo>();
  const auto found = renewable_.find(renewal_id);
  if (found == renewable_.end()) return NoSuchThing();
  return std::optional(
      AcmeRenewalInfo{.window = options_.renewal_window.value_or(found->second.window),
                      .explanation_url = options_.explanation_url,
                      .retry_after = options_.renewal_retry_after});
}

}  // namespace cert
