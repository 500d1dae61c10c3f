#include "cert/keys/weak_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <array>
#include <bitset>
#include <memory>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

using NumberPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using NumberContextPtr = std::unique_ptr<BN_CTX, OpenSslFree<BN_CTX_free>>;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 4096;
constexpr int kMaxExponentBits = 256;
constexpr BN_ULONG kMinExponent = 65537;
constexpr BN_ULONG kSmallestFactor = 752;  // none below it: Baseline Requirements 6.1.6
constexpr int kFermatRounds = 100;         // Baseline Requirements 6.1.1.3
// A modulus made by the faulty library is a power of 65537 modulo each of these (Nemec et al.,
// "The Return of Coppersmith's Attack", 2017); a random one with a probability of 2^-27.
constexpr std::array<unsigned, 17> kRocaPrimes{11, 13, 17,  19,  37,  53,  61,  71, 73,
                                               79, 97, 103, 107, 109, 127, 151, 157};

absl::Status WeakKey(const std::string& sentence) { return absl::InvalidArgumentError(sentence); }

NumberPtr Parameter(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) ERR_clear_error();
  return NumberPtr(number);
}

bool IsPowerOf65537(BN_ULONG residue, unsigned prime) {
  std::bitset<256> powers;
  for (unsigned power = 1; !powers[power]; power = power * 65537U % prime) powers.set(power);
  return powers[residue];
}

bool HasRocaFingerprint(const BIGNUM* modulus) {
  for (const unsigned prime : kRocaPrimes) {
    if (!IsPowerOf65537(BN_mod_word(modulus, prime), prime)) return false;
  }
  return true;
}

bool HasSmallFactor(const BIGNUM* modulus) {
  for (BN_ULONG factor = 2; factor < kSmallestFactor; ++factor) {
    if (BN_mod_word(modulus, factor) == 0) return true;
  }
  return false;
}

// The integer square root, from above (Newton).
NumberPtr SquareRoot(const BIGNUM* number, BN_CTX* context) {
  NumberPtr root(BN_new());
  const NumberPtr next(BN_new());
  BN_set_bit(root.get(), (BN_num_bits(number) + 1) / 2);
  while (true) {
    BN_div(next.get(), nullptr, number, root.get(), context);
    BN_add(next.get(), next.get(), root.get());
    BN_rshift1(next.get(), next.get());
    if (BN_cmp(next.get(), root.get()) >= 0) return root;
    BN_copy(root.get(), next.get());
  }
}

// Fermat's factorization: n = a² - b² with a just above √n is found when p and q are close.
bool HasCloseFactors(const BIGNUM* modulus) {
  const NumberContextPtr context(BN_CTX_new());
  const NumberPtr a = SquareRoot(modulus, context.get());
  const NumberPtr rest(BN_new());
  const NumberPtr square(BN_new());
  for (int round = 0; round < kFermatRounds; ++round) {
    BN_sqr(rest.get(), a.get(), context.get());
    BN_sub(rest.get(), rest.get(), modulus);
    if (BN_is_negative(rest.get()) == 0) {
      const NumberPtr b = SquareRoot(rest.get(), context.get());
      BN_sqr(square.get(), b.get(), context.get());
      if (BN_cmp(square.get(), rest.get()) == 0) return true;
    }
    BN_add_word(a.get(), 1);
  }
  return false;
}

absl::Status CheckRsa(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits || bits > kMaxRsaBits || bits % 8 != 0) {
    return WeakKey(absl::StrFormat(
        "the RSA key has %d bits; it must have 2048 to 4096, a multiple of 8", bits));
  }
  const NumberPtr modulus = Parameter(key, OSSL_PKEY_PARAM_RSA_N);
  const NumberPtr exponent = Parameter(key, OSSL_PKEY_PARAM_RSA_E);
  if (modulus == nullptr || exponent == nullptr) return WeakKey("the RSA key cannot be read");
  const bool exponent_is_good =
      BN_is_odd(exponent.get()) == 1 && BN_num_bits(exponent.get()) <= kMaxExponentBits &&
      (BN_num_bits(exponent.get()) > 62 || BN_get_word(exponent.get()) >= kMinExponent);
  if (!exponent_is_good) {
    return WeakKey("the RSA key's exponent must be odd and from 65537 to 2^256 - 1");
  }
  if (HasSmallFactor(modulus.get()))
    return WeakKey("the RSA key is weak: a small prime divides it");
  if (HasRocaFingerprint(modulus.get())) {
    return WeakKey("the RSA key is weak: it has the fingerprint of CVE-2017-15361 (ROCA)");
  }
  if (HasCloseFactors(modulus.get())) {
    return WeakKey("the RSA key is weak: its two primes are close to each other");
  }
  return absl::OkStatus();
}

absl::Status CheckEcdsa(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  const bool named = EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1;
  if (!named) ERR_clear_error();
  const std::string_view name(group.data(), size);
  if (name != "prime256v1" && name != "secp384r1") {
    return WeakKey("the EC key must be on curve P-256 or P-384, given by its name");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPublicKey(EVP_PKEY* key) {
  if (key == nullptr) return WeakKey("the public key cannot be read");
  if (EVP_PKEY_is_a(key, "RSA") == 1) return CheckRsa(key);
  if (EVP_PKEY_is_a(key, "EC") == 1) return CheckEcdsa(key);
  return WeakKey("the key must be ECDSA (P-256, P-384) or RSA (2048 to 4096 bits)");
}

}  // namespace cert
