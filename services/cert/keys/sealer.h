// Secrets at rest: AES-256-GCM under a key-encryption key from a file. The first key seals, all of
// them open, so that a new key is deployed second everywhere before it is moved to the front.
//
//   sealed = version (0x01) | nonce (12 octets) | ciphertext | tag (16 octets)
//   AAD    = table \0 tenant \0 row id \0 key id

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/sealed_secret.h"

namespace cert {

// Which row a secret belongs to: one moved to another row does not open.
struct SealContext {
  std::string table;
  std::string tenant;
  std::string id;
};

struct NamedKey {
  std::string id;
  std::string octets;  // 32
};

// Immutable; thread-safe.
class Sealer {
 public:
  // INVALID_ARGUMENT: no key, a key that is not 32 octets, or an id twice.
  static absl::StatusOr<Sealer> Create(std::vector<NamedKey> keys);

  absl::StatusOr<SealedSecret> Seal(const SealContext& context, const std::string& plaintext) const;

  // INTERNAL: no such key id, which is for operators to know and no caller's business. DATA_LOSS:
  // it does not open (another row, or damaged).
  absl::StatusOr<std::string> Open(const SealContext& context, const SealedSecret& sealed) const;

 private:
  explicit Sealer(std::vector<NamedKey> keys) : keys_(std::move(keys)) {}

  std::vector<NamedKey> keys_;
};

}  // namespace cert
