#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace base {
namespace {

constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";  // base32, RFC 4648

class KernelRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> bytes) override {
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        std::abort();  // without randomness nothing here is safe
      }
      filled += static_cast<std::size_t>(got);
    }
  }
};

}  // namespace

std::string Random::Bytes(std::size_t count) {
  std::string bytes(count, '\0');
  Fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

double Random::Fraction() {
  std::array<std::uint8_t, 7> bytes{};
  Fill(bytes);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return static_cast<double>(value >> 3U) * 0x1p-53;
}

std::string Random::Token() {
  std::string token = Bytes(26);
  for (char& c : token) c = kAlphabet[static_cast<std::uint8_t>(c) & 31U];
  return token;
}

std::string Random::Uuid() {
  std::array<std::uint8_t, 16> b{};
  Fill(b);
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0fU) | 0x40U);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3fU) | 0x80U);
  return absl::StrFormat("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                         b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
                         b[12], b[13], b[14], b[15]);
}

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

}  // namespace base
