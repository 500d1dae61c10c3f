// Randomness for ids, ports and letter case, drawn from its source a page at a time: a system call
// for each question would cost as much as the rest of its encoding.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/random.h"

namespace probe {

// Confined to one thread. What has been handed out is forgotten.
class RandomPool {
 public:
  explicit RandomPool(base::Random& source) : source_(source) {}

  template <std::size_t N>
  std::array<std::uint8_t, N> Draw() {
    static_assert(N <= kSize);
    if (pool_.size() - used_ < N) {
      source_.Fill(pool_);
      used_ = 0;
    }
    std::array<std::uint8_t, N> drawn{};
    for (std::uint8_t& byte : drawn) {
      byte = pool_[used_];
      pool_[used_++] = 0;
    }
    return drawn;
  }
  std::uint32_t DrawU32() {
    const auto bytes = Draw<4>();
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
           std::uint32_t{bytes[2]} << 8U | bytes[3];
  }

 private:
  static constexpr std::size_t kSize = 4096;

  base::Random& source_;
  std::array<std::uint8_t, kSize> pool_{};
  std::size_t used_ = kSize;
};

}  // namespace probe
