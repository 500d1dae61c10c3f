// A secret at rest, as it is stored; keys/sealer.h makes and opens it.

#pragma once

#include <string>

namespace cert {

struct SealedSecret {
  std::string key_id;  // of the key-encryption key
  std::string octets;

  bool operator==(const SealedSecret&) const = default;
};

}  // namespace cert
