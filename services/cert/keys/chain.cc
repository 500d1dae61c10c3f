// Whether an issued chain is what was ordered. The checks run from the leaf outwards, each with its
// own sentence; X509_verify_cert (RFC 5280, 6) has the last word.

#include <algorithm>
#include <ctime>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/keys/anchor_store.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

constexpr std::size_t kMaxCertificates = 10;
// Signatures and keys of at least 112 bits: no SHA-1, no RSA under 2048.
constexpr int kSecurityLevel = 2;

absl::Status Wrong(const std::string& sentence) { return absl::FailedPreconditionError(sentence); }

std::vector<CertificatePtr> ParseCertificates(const std::string& pem) {
  std::vector<CertificatePtr> certificates;
  const BioPtr bio = ReadFrom(pem);
  while (certificates.size() <= kMaxCertificates) {
    CertificatePtr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  ERR_clear_error();
  return certificates;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTimeT(timegm(&parts));
}

std::string SerialText(X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* hex = BN_bn2hex(number);
  std::string text = absl::AsciiStrToLower(std::string(hex));
  OPENSSL_free(hex);
  BN_free(number);
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  return text;
}

std::string NameText(X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return Written(bio.get());
}

void SortUnique(std::vector<std::string>& names) {
  for (std::string& name : names) absl::AsciiStrToLower(&name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

std::string Text(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

absl::StatusOr<std::vector<std::string>> DnsNames(X509* leaf) {
  const NamesPtr entries(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  if (entries == nullptr) return Wrong("the certificate has no subject alternative names");
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(entries.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(entries.get(), i), &type);
    if (type != GEN_DNS)
      return Wrong("the certificate has an alternative name that is no DNS name");
    names.push_back(Text(static_cast<const ASN1_STRING*>(value)));
  }
  SortUnique(names);
  return names;
}

absl::StatusOr<CertificateFacts> Describe(X509* leaf) {
  CertificateFacts facts;
  ASSIGN_OR_RETURN(facts.names, DnsNames(leaf));
  facts.serial = SerialText(leaf);
  facts.issuer = NameText(X509_get_issuer_name(leaf));
  facts.not_before = ToTime(X509_get0_notBefore(leaf));
  facts.not_after = ToTime(X509_get0_notAfter(leaf));
  return facts;
}

absl::Status CheckNames(X509* leaf, const CertificateFacts& facts,
                        std::vector<std::string> expected) {
  SortUnique(expected);
  if (facts.names != expected) {
    return Wrong(absl::StrFormat("the certificate is for %s and not for %s",
                                 absl::StrJoin(facts.names, ", "), absl::StrJoin(expected, ", ")));
  }
  // Some clients still read the common name: it must not add one.
  X509_NAME* subject = X509_get_subject_name(leaf);
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
    std::string name = Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    absl::AsciiStrToLower(&name);
    if (!std::binary_search(expected.begin(), expected.end(), name)) {
      return Wrong("the certificate's common name is none of the names ordered");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKey(X509* leaf, const std::string& csr_der) {
  const RequestPtr request = ParseRequest(csr_der);
  if (request == nullptr) return Wrong("the certificate request cannot be read");
  const EVP_PKEY* certified = X509_get0_pubkey(leaf);
  const EVP_PKEY* requested = X509_REQ_get0_pubkey(request.get());
  if (certified == nullptr || requested == nullptr || EVP_PKEY_eq(certified, requested) != 1) {
    return Wrong("the certificate is for another key than the one requested");
  }
  return absl::OkStatus();
}

absl::Status CheckDates(const CertificateFacts& facts, absl::Time now) {
  if (now < facts.not_before) {
    return absl::UnavailableError("the certificate is not valid before " +
                                  base::UtcText(facts.not_before));
  }
  if (now > facts.not_after) {
    return Wrong("the certificate expired at " + base::UtcText(facts.not_after));
  }
  return absl::OkStatus();
}

absl::Status CheckUsage(X509* leaf) {
  if (X509_check_ca(leaf) != 0) return Wrong("the certificate is a CA's and not a server's");
  // Without the extension every usage is allowed; the Baseline Requirements ask for it (7.1.2.7.6).
  const bool restricted = (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0;
  if (!restricted || (X509_get_extended_key_usage(leaf) & XKU_SSL_SERVER) == 0) {
    return Wrong("the certificate is not for TLS servers (no serverAuth)");
  }
  return absl::OkStatus();
}

// Consumers serve the chain as it is: each certificate must certify the one before it.
absl::Status CheckOrder(const std::vector<CertificatePtr>& chain) {
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    X509* issuer = chain[i + 1].get();
    if (X509_check_issued(issuer, chain[i].get()) != X509_V_OK) {
      return Wrong(
          absl::StrFormat("certificate %d of the chain was not issued by the next", i + 1));
    }
    if (X509_verify(chain[i].get(), X509_get0_pubkey(issuer)) != 1) {
      ERR_clear_error();
      return Wrong(
          absl::StrFormat("the signature of certificate %d of the chain is broken", i + 1));
    }
  }
  return absl::OkStatus();
}

// Without configured roots the chain's own last certificate is the anchor, so that dates, usages
// and constraints of all others are still checked.
StorePtr OwnEnd(const std::vector<CertificatePtr>& chain) {
  StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), chain.back().get());
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

absl::Status CheckPath(const std::vector<CertificatePtr>& chain, const ChainExpectation& expected) {
  if (!expected.roots && chain.size() < 2) {
    return Wrong("the chain does not hold the issuer's certificate");
  }
  const StorePtr own_end = expected.roots ? nullptr : OwnEnd(chain);
  X509_STORE* const store = expected.roots ? expected.roots->store().x509.get() : own_end.get();
  const CertificateListPtr others(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), chain[i].get());
  const StoreContextPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store, chain.front().get(), others.get());
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, absl::ToTimeT(expected.now));
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return Wrong(
      absl::StrFormat("the chain does not verify: %s",
                      X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

}  // namespace

absl::StatusOr<CertificateFacts> VerifyChain(const std::string& chain_pem,
                                             const ChainExpectation& expected) {
  const std::vector<CertificatePtr> chain = ParseCertificates(chain_pem);
  if (chain.empty()) return Wrong("the chain holds no certificate");
  if (chain.size() > kMaxCertificates) return Wrong("the chain holds too many certificates");
  X509* leaf = chain.front().get();
  ASSIGN_OR_RETURN(CertificateFacts facts, Describe(leaf));
  RETURN_IF_ERROR(CheckNames(leaf, facts, expected.names));
  RETURN_IF_ERROR(CheckKey(leaf, expected.csr_der));
  RETURN_IF_ERROR(CheckDates(facts, expected.now));
  RETURN_IF_ERROR(CheckUsage(leaf));
  RETURN_IF_ERROR(CheckOrder(chain));
  RETURN_IF_ERROR(CheckPath(chain, expected));
  return facts;
}

bool IsForOtherKey(const std::string& chain_pem, const std::string& csr_der) {
  const std::vector<CertificatePtr> chain = ParseCertificates(chain_pem);
  const RequestPtr request = ParseRequest(csr_der);
  if (chain.empty() || request == nullptr) return false;
  const EVP_PKEY* certified = X509_get0_pubkey(chain.front().get());
  const EVP_PKEY* requested = X509_REQ_get0_pubkey(request.get());
  if (certified == nullptr || requested == nullptr) return false;
  return EVP_PKEY_eq(certified, requested) != 1;
}

absl::StatusOr<std::string> LeafDer(const std::string& chain_pem) {
  const BioPtr bio = ReadFrom(chain_pem);
  const CertificatePtr leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (leaf == nullptr) {
    ERR_clear_error();
    return Wrong("the chain holds no certificate");
  }
  return ToDer(i2d_X509, leaf.get());
}

}  // namespace cert
