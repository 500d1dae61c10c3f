#include "cert/keys/caller_csr.h"

#include <openssl/objects.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/keys/weak_key.h"

namespace cert {
namespace {

constexpr std::size_t kMaxPem = 32 * 1024;  // 100 names of 253 octets, and a key
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::array kSignatures{NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
                                 NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA256,
                                 NID_ecdsa_with_SHA384,       NID_ecdsa_with_SHA512};

absl::Status BadRequest(const std::string& sentence) {
  return absl::InvalidArgumentError(sentence);
}

// OpenSSL skips what surrounds a PEM block; a request with something beside it may hold a key.
absl::StatusOr<RequestPtr> ParsePem(const std::string& pem) {
  if (pem.size() > kMaxPem) {
    return BadRequest(absl::StrFormat("the request is longer than %d octets", kMaxPem));
  }
  const std::string text(absl::StripAsciiWhitespace(pem));
  const bool one_block = text.starts_with(kBegin) && text.rfind(kBegin) == 0 &&
                         text.ends_with("-----") && text.find('\0') == std::string::npos;
  if (!one_block) return BadRequest("must be exactly one PKCS#10 request in PEM");
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  const BioPtr bio = ReadFrom(text);
  const bool read = PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1;
  std::string der;
  bool is_request = false;
  if (read) {
    const std::string_view type(name);
    is_request = (type == PEM_STRING_X509_REQ || type == PEM_STRING_X509_REQ_OLD) && *header == 0;
    der.assign(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  ERR_clear_error();
  RequestPtr request = is_request ? ParseRequest(der) : nullptr;
  if (request == nullptr) return BadRequest("must be exactly one PKCS#10 request in PEM");
  return request;
}

std::string HashOf(const X509_PUBKEY* key) {
  const absl::StatusOr<std::string> der = ToDer(i2d_X509_PUBKEY, key);
  if (!der.ok()) return "";
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Octets(*der), der->size(), Octets(digest));
  return absl::BytesToHexString(digest);
}

absl::Status CheckSignature(X509_REQ* request) {
  EVP_PKEY* key = X509_REQ_get0_pubkey(request);
  ERR_clear_error();
  RETURN_IF_ERROR(CheckPublicKey(key));
  const int algorithm = X509_REQ_get_signature_nid(request);
  if (std::ranges::find(kSignatures, algorithm) == kSignatures.end()) {
    return BadRequest("the request must be signed with SHA-256, SHA-384 or SHA-512");
  }
  const bool good = X509_REQ_verify(request, key) == 1;
  ERR_clear_error();
  return good ? absl::OkStatus() : BadRequest("the request's signature is not that of its key");
}

// The subject's only attribute, a common name; empty for an empty subject.
absl::StatusOr<std::string> CommonName(X509_REQ* request) {
  const X509_NAME* subject = X509_REQ_get_subject_name(request);
  const int count = X509_NAME_entry_count(subject);
  if (count == 0) return std::string();
  const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, 0);
  if (count > 1 || OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName) {
    return BadRequest("the subject may hold nothing but a common name");
  }
  unsigned char* octets = nullptr;
  const int size = ASN1_STRING_to_UTF8(&octets, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) {
    ERR_clear_error();
    return BadRequest("the subject's common name cannot be read");
  }
  std::string name(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return name;
}

// The values of the one extension that may be there. Critical or not does not matter to CAs.
absl::StatusOr<NamesPtr> RequestedNames(X509_REQ* request) {
  const int attributes = X509_REQ_get_attr_count(request);
  const ExtensionsPtr extensions(X509_REQ_get_extensions(request));
  ERR_clear_error();
  const int count = extensions == nullptr ? 0 : sk_X509_EXTENSION_num(extensions.get());
  if (attributes != 1 || count == 0) {
    return BadRequest(
        "the request must ask for subject alternative names and have no other attribute");
  }
  X509_EXTENSION* extension = sk_X509_EXTENSION_value(extensions.get(), 0);
  const int type = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
  if (count > 1 || type != NID_subject_alt_name) {
    return BadRequest("the request may ask for no extension but subject alternative names");
  }
  NamesPtr names(static_cast<GENERAL_NAMES*>(X509V3_EXT_d2i(extension)));
  ERR_clear_error();
  if (names == nullptr) return BadRequest("the subject alternative names cannot be read");
  return names;
}

absl::StatusOr<std::vector<std::string>> DnsNames(X509_REQ* request) {
  ASSIGN_OR_RETURN(const NamesPtr values, RequestedNames(request));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(values.get()); ++i) {
    int type = 0;
    const auto* text = static_cast<const ASN1_IA5STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(values.get(), i), &type));
    if (type != GEN_DNS) return BadRequest("every subject alternative name must be a DNS name");
    names.push_back(absl::AsciiStrToLower(
        std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<std::size_t>(ASN1_STRING_length(text)))));
  }
  std::ranges::sort(names);
  return names;
}

absl::Status CheckNames(X509_REQ* request, std::vector<std::string> expected) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, DnsNames(request));
  std::ranges::sort(expected);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return BadRequest("a subject alternative name is there twice: \"" + absl::CEscape(*twice) +
                      "\"");
  }
  for (const std::string& name : names) {
    if (std::ranges::binary_search(expected, name)) continue;
    return BadRequest("the request has a name too many: \"" + absl::CEscape(name) + "\"");
  }
  for (const std::string& name : expected) {
    if (std::ranges::binary_search(names, name)) continue;
    return BadRequest("the request lacks the name \"" + name + "\"");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CallerCsr> CheckCallerCsr(const std::string& pem,
                                         const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const RequestPtr request, ParsePem(pem));
  if (X509_REQ_get_version(request.get()) != X509_REQ_VERSION_1) {
    return BadRequest("the request's version must be 1 (0 in its octets)");
  }
  RETURN_IF_ERROR(CheckSignature(request.get()));
  ASSIGN_OR_RETURN(const std::string common_name, CommonName(request.get()));
  const bool known = common_name.empty() ||
                     std::ranges::find(names, absl::AsciiStrToLower(common_name)) != names.end();
  if (!known) return BadRequest("the subject's common name must be one of the certificate's names");
  RETURN_IF_ERROR(CheckNames(request.get(), names));
  ASSIGN_OR_RETURN(std::string der, ToDer(i2d_X509_REQ, request.get()));
  return CallerCsr{.der = std::move(der),
                   .key_hash = HashOf(X509_REQ_get_X509_PUBKEY(request.get()))};
}

absl::StatusOr<std::string> CheckCompromiseProof(const std::string& pem) {
  ASSIGN_OR_RETURN(const RequestPtr request, ParsePem(pem));
  ASSIGN_OR_RETURN(const std::string common_name, CommonName(request.get()));
  if (common_name != kCompromiseName) {
    return BadRequest(absl::StrFormat("the proof's subject must be \"CN=%s\"", kCompromiseName));
  }
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  const bool good = key != nullptr && X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!good) return BadRequest("the proof's signature is not that of its key");
  return HashOf(X509_REQ_get_X509_PUBKEY(request.get()));
}

absl::StatusOr<std::string> KeyHashOfChain(const std::string& chain_pem) {
  const BioPtr bio = ReadFrom(chain_pem);
  const CertificatePtr leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (leaf == nullptr) return BadRequest("not a PEM chain");
  return HashOf(X509_get_X509_PUBKEY(leaf.get()));
}

}  // namespace cert
