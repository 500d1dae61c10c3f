#include "transport/crl_directory.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace transport {
namespace {

constexpr std::size_t kHashDigits = 8;
constexpr std::size_t kLargestList = std::size_t{64} << 20U;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeCrl {
  void operator()(X509_CRL* crl) const { X509_CRL_free(crl); }
};

// "<hash>.r<number>", or "<hash>.<number>" of a certificate.
struct HashedName {
  std::string hash;
  bool is_list = false;
  int number = 0;
};

std::optional<HashedName> ParseName(const std::string& name) {
  HashedName parsed{.hash = name.substr(0, std::min(name.find('.'), name.size()))};
  const bool is_hash = parsed.hash.size() == kHashDigits &&
                       parsed.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash || name.size() == kHashDigits) return std::nullopt;
  std::string_view number = std::string_view(name).substr(kHashDigits + 1);
  parsed.is_list = number.starts_with('r');
  if (parsed.is_list) number.remove_prefix(1);
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, parsed.number);
  if (error != std::errc() || stop != end || parsed.number < 0) return std::nullopt;
  return parsed;
}

// Whether the file holds a list of the CA whose name has this hash.
absl::Status CheckList(const std::string& path, const std::string& hash) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path, kLargestList));
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509_CRL, FreeCrl> crl(
      PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (crl == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: no PEM certificate revocation list", path));
  }
  const std::string wanted = absl::StrFormat(
      "%08x", X509_NAME_hash_ex(X509_CRL_get_issuer(crl.get()), nullptr, nullptr, nullptr));
  if (hash == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s: the list's issuer has the hash %s", path, wanted));
}

// OpenSSL stops looking at the first number that is not there.
absl::Status CheckNumbers(const std::string& directory, const std::string& hash,
                          const std::set<int>& numbers) {
  int next = 0;
  for (const int number : numbers) {
    if (number == next++) continue;
    return absl::FailedPreconditionError(
        absl::StrFormat("%s/%s.r%d: is never read, as there is no %s.r%d", directory, hash, number,
                        hash, next - 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCrlDirectory(const std::string& directory) {
  std::map<std::string, std::set<int>> lists;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path().string();
    const std::optional<HashedName> name = ParseName(entry->path().filename().string());
    if (!name) continue;
    if (!name->is_list) {
      return absl::FailedPreconditionError(
          absl::StrFormat("%s: would be trusted as a CA's certificate", path));
    }
    RETURN_IF_ERROR(CheckList(path, name->hash));
    lists[name->hash].insert(name->number);
  }
  if (error) return absl::NotFoundError(absl::StrFormat("%s: %s", directory, error.message()));
  for (const auto& [hash, numbers] : lists) {
    RETURN_IF_ERROR(CheckNumbers(directory, hash, numbers));
  }
  if (!lists.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s: no certificate revocation list named <hash>.r0", directory));
}

}  // namespace transport
