// Randomness for ids, ports and letter case, drawn from its source a page at a time: a system call
// for each question would cost as much as the rest of its encoding.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/random.h"

namespace probe {

// Confined to one thread. What has been handed out is forgotten.
class RandomPool {
 public:
  static constexpr std::size_t kMaxDraw = 256;

  explicit RandomPool(base::Random& source) : source_(source) {}

  // At most kMaxDraw octets.
  void Draw(std::span<std::uint8_t> out) {
    if (pool_.size() - used_ < out.size()) {
      source_.Fill(pool_);
      used_ = 0;
    }
    const auto drawn = std::span(pool_).subspan(used_, out.size());
    std::memcpy(out.data(), drawn.data(), out.size());
    std::memset(drawn.data(), 0, out.size());
    used_ += out.size();
  }
  std::uint32_t DrawU32() {
    std::array<std::uint8_t, 4> bytes{};
    Draw(bytes);
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
           std::uint32_t{bytes[2]} << 8U | bytes[3];
  }
  std::uint16_t DrawU16() {
    std::array<std::uint8_t, 2> bytes{};
    Draw(bytes);
    return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
  }
  // As many bits as EncodeQuery uses for a name of this many octets.
  std::array<std::uint8_t, 32> DrawCaseBits(std::size_t octets) {
    std::array<std::uint8_t, 32> bits{};
    Draw(std::span(bits).first(std::min(bits.size(), (octets + 7) / 8)));
    return bits;
  }

 private:
  static constexpr std::size_t kSize = 4096;

  base::Random& source_;
  std::array<std::uint8_t, kSize> pool_{};
  std::size_t used_ = kSize;
};

}  // namespace probe
