#include "cert/keys/weak_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/testing/status_matchers.h"
#include "cert/keys/openssl_ptr.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

using BnPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using BnContextPtr = std::unique_ptr<BN_CTX, OpenSslFree<BN_CTX_free>>;

KeyPtr PublicRsa(const BIGNUM* modulus, const BIGNUM* exponent) {
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context);
  EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  return KeyPtr(key);
}

KeyPtr PublicRsa(const BIGNUM* modulus, BN_ULONG exponent = 65537) {
  const BnPtr number(BN_new());
  BN_set_word(number.get(), exponent);
  return PublicRsa(modulus, number.get());
}

bool HasFactorBelow752(const BIGNUM* number) {
  for (BN_ULONG factor = 2; factor < 752; ++factor) {
    if (BN_mod_word(number, factor) == 0) return true;
  }
  return false;
}

// The checks cannot tell it from a product of two primes.
BnPtr GoodModulus(int bits = 2048) {
  BnPtr modulus(BN_new());
  do {
    BN_rand(modulus.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
  } while (HasFactorBelow752(modulus.get()));
  return modulus;
}

void ExpectWeak(EVP_PKEY* key, const std::string& why) {
  const absl::Status status = CheckPublicKey(key);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}

TEST(WeakKeyTest, TakesEachStrengthThatCasSignFor) {
  for (const char* curve : {"P-256", "P-384"}) {
    EXPECT_THAT(CheckPublicKey(KeyPtr(EVP_EC_gen(curve)).get()), IsOk()) << curve;
  }
  for (const int bits : {2048, 3072, 4096}) {
    EXPECT_THAT(CheckPublicKey(PublicRsa(GoodModulus(bits).get()).get()), IsOk()) << bits;
  }
}

TEST(WeakKeyTest, RefusesOtherStrengthsAndAlgorithms) {
  ExpectWeak(KeyPtr(EVP_EC_gen("P-521")).get(), "P-256 or P-384");
  ExpectWeak(KeyPtr(EVP_EC_gen("secp256k1")).get(), "P-256 or P-384");
  ExpectWeak(KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")).get(), "must be ECDSA");
  ExpectWeak(PublicRsa(GoodModulus(1024).get()).get(), "1024 bits");
  ExpectWeak(PublicRsa(GoodModulus(2052).get()).get(), "2052 bits");
  ExpectWeak(nullptr, "cannot be read");
}

TEST(WeakKeyTest, RefusesExponentsThatAreSmallEvenOrHuge) {
  const BnPtr modulus = GoodModulus();
  for (const BN_ULONG exponent : {3UL, 65535UL, 65538UL}) {
    ExpectWeak(PublicRsa(modulus.get(), exponent).get(), "exponent");
  }
  const BnPtr huge(BN_new());
  BN_set_bit(huge.get(), 300);
  BN_set_bit(huge.get(), 0);
  ExpectWeak(PublicRsa(modulus.get(), huge.get()).get(), "exponent");
  const BnPtr large(BN_new());
  BN_set_bit(large.get(), 100);
  BN_set_bit(large.get(), 0);
  EXPECT_THAT(CheckPublicKey(PublicRsa(modulus.get(), large.get()).get()), IsOk());
}

TEST(WeakKeyTest, RefusesAModulusWithASmallFactor) {
  const BnPtr modulus(BN_new());
  do {  // 751 is the largest that must not divide it
    BN_rand(modulus.get(), 2038, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
    BN_mul_word(modulus.get(), 751);
  } while (BN_num_bits(modulus.get()) != 2048);
  ExpectWeak(PublicRsa(modulus.get()).get(), "small prime");
}

TEST(WeakKeyTest, RefusesPrimesThatAreCloseToEachOther) {
  const BnContextPtr context(BN_CTX_new());
  const BnPtr first(BN_new());
  ASSERT_EQ(BN_generate_prime_ex(first.get(), 1024, 0, nullptr, nullptr, nullptr), 1);
  const BnPtr second(BN_dup(first.get()));
  do {
    BN_add_word(second.get(), 2);
  } while (BN_check_prime(second.get(), context.get(), nullptr) != 1);
  const BnPtr modulus(BN_new());
  BN_mul(modulus.get(), first.get(), second.get(), context.get());
  ExpectWeak(PublicRsa(modulus.get()).get(), "close");
}

// Both primes of the faulty library are k * M + (65537^a mod M), M being a product of small primes:
// so the modulus is a power of 65537 modulo each of these.
TEST(WeakKeyTest, RefusesTheFingerprintOfRoca) {
  const BnContextPtr context(BN_CTX_new());
  const BnPtr product(BN_new());
  BN_one(product.get());
  for (BN_ULONG factor = 2; factor < 752; ++factor) {
    bool prime = true;
    for (BN_ULONG divisor = 2; divisor * divisor <= factor; ++divisor) {
      prime = prime && factor % divisor != 0;
    }
    if (prime) BN_mul_word(product.get(), factor);
  }
  const BnPtr generator(BN_new());
  const BnPtr power(BN_new());
  const BnPtr modulus(BN_new());
  const BnPtr multiple(BN_new());
  BN_set_word(generator.get(), 65537);
  BN_set_word(power.get(), 1234567);
  BN_mod_exp(power.get(), generator.get(), power.get(), product.get(), context.get());
  BN_rand(multiple.get(), 2048, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
  BN_div(multiple.get(), nullptr, multiple.get(), product.get(), context.get());
  BN_mul(modulus.get(), multiple.get(), product.get(), context.get());
  BN_add(modulus.get(), modulus.get(), power.get());
  ASSERT_EQ(BN_num_bits(modulus.get()), 2048);
  ExpectWeak(PublicRsa(modulus.get()).get(), "ROCA");
}

}  // namespace
}  // namespace cert
