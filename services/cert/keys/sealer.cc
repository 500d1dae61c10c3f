#include "cert/keys/sealer.h"

#include <openssl/rand.h>

#include <algorithm>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

constexpr char kVersion = 0x01;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kHeaderSize = 1 + kNonceSize;
constexpr std::size_t kMaxPlaintext = std::size_t{1} << 20U;

// NUL separates the parts, so none may hold one: two rows would share their data otherwise.
absl::StatusOr<std::string> AssociatedData(const SealContext& context, const std::string& key_id) {
  std::string data;
  for (const std::string* part : {&context.table, &context.tenant, &context.id}) {
    if (part->find('\0') != std::string::npos) {
      return absl::InvalidArgumentError("a row's name holds a NUL");
    }
    data += *part;
    data += '\0';
  }
  return data + key_id;
}

const NamedKey* FindKey(const std::vector<NamedKey>& keys, const std::string& id) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&id](const NamedKey& key) { return key.id == id; });
  return found == keys.end() ? nullptr : &*found;
}

// Runs `text` through the cipher after `data` was authenticated. Both are far below 2^31 octets.
bool Run(EVP_CIPHER_CTX* cipher, std::string_view data, std::string_view text, unsigned char* out) {
  int size = 0;
  return EVP_CipherUpdate(cipher, nullptr, &size, Octets(data), static_cast<int>(data.size())) ==
             1 &&
         EVP_CipherUpdate(cipher, out, &size, Octets(text), static_cast<int>(text.size())) == 1;
}

}  // namespace

absl::StatusOr<Sealer> Sealer::Create(std::vector<NamedKey> keys) {
  if (keys.empty()) return absl::InvalidArgumentError("no key-encryption key");
  std::set<std::string> ids;
  for (const NamedKey& key : keys) {
    if (key.octets.size() != kKeySize) {
      return absl::InvalidArgumentError(
          absl::StrFormat("key-encryption key \"%s\" is not 32 octets long", key.id));
    }
    if (!ids.insert(key.id).second) {
      return absl::InvalidArgumentError(
          absl::StrFormat("key-encryption key \"%s\" is given twice", key.id));
    }
  }
  return Sealer(std::move(keys));
}

absl::StatusOr<SealedSecret> Sealer::Seal(const SealContext& context,
                                          const std::string& plaintext) const {
  if (plaintext.size() > kMaxPlaintext) {
    return absl::InvalidArgumentError("a secret of more than 1 MiB");
  }
  const NamedKey& key = keys_.front();
  ASSIGN_OR_RETURN(const std::string data, AssociatedData(context, key.id));
  std::string octets(kHeaderSize + plaintext.size() + kTagSize, '\0');
  octets[0] = kVersion;
  unsigned char* nonce = Octets(octets) + 1;
  unsigned char* text = Octets(octets) + kHeaderSize;
  unsigned char* tag = text + plaintext.size();
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  if (RAND_bytes(nonce, kNonceSize) != 1 ||
      EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), Octets(key.octets), nonce, nullptr) !=
          1 ||
      !Run(cipher.get(), data, plaintext, text) ||
      EVP_EncryptFinal_ex(cipher.get(), tag, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) != 1) {
    return absl::InternalError("OpenSSL cannot seal");
  }
  return SealedSecret{.key_id = key.id, .octets = std::move(octets)};
}

absl::StatusOr<std::string> Sealer::Open(const SealContext& context,
                                         const SealedSecret& sealed) const {
  const NamedKey* key = FindKey(keys_, sealed.key_id);
  if (key == nullptr) {
    return absl::InternalError(
        absl::StrFormat("key-encryption key \"%s\" is not configured", sealed.key_id));
  }
  const std::string& octets = sealed.octets;
  if (octets.size() < kHeaderSize + kTagSize || octets[0] != kVersion) {
    return absl::DataLossError("a sealed secret is damaged");
  }
  ASSIGN_OR_RETURN(const std::string data, AssociatedData(context, key->id));
  const std::string_view text =
      std::string_view(octets).substr(kHeaderSize, octets.size() - kHeaderSize - kTagSize);
  std::string tag = octets.substr(octets.size() - kTagSize);
  // One octet more than needed, so that there is always a buffer to point to.
  std::string plaintext(text.size() + 1, '\0');
  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  if (EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), Octets(key->octets), Octets(octets) + 1,
                          nullptr) != 1 ||
      !Run(cipher.get(), data, text, Octets(plaintext)) ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), Octets(plaintext) + text.size(), &size) != 1) {
    ERR_clear_error();
    return absl::DataLossError("a sealed secret does not open: damaged, or of another row");
  }
  plaintext.pop_back();
  return plaintext;
}

}  // namespace cert
