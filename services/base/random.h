// Randomness, injected so that tests can fix it. Everything drawn here may become a secret, so the
// real source is the kernel's CSPRNG.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace base {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<std::uint8_t> bytes) = 0;

  // `count` random octets.
  std::string Bytes(std::size_t count);
  // Uniform in [0, 1): for jitter.
  double Fraction();
  // 26 characters of lower-case base32 (130 bits): ids and claim values.
  std::string Token();
  // A version 4 UUID (RFC 9562) in its text form.
  std::string Uuid();
};

// getrandom(2); lives for ever.
Random& SystemRandom();

}  // namespace base
