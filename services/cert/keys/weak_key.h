// Keys that an attacker can compute, which CAs refuse (CA/Browser Forum Baseline Requirements
// 6.1.1.3), and strengths that they do not sign for (6.1.5, 6.1.6). Private to this folder.

#pragma once

#include <openssl/evp.h>

#include "absl/status/status.h"

namespace cert {

// INVALID_ARGUMENT with one sentence: not P-256, P-384 or RSA of 2048 to 4096 bits; a bad exponent;
// a modulus with small or close prime factors, or with the fingerprint of CVE-2017-15361 (ROCA).
absl::Status CheckPublicKey(EVP_PKEY* key);

}  // namespace cert
