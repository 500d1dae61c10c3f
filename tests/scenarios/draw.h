// What a scenario draws from its seed: the same on every machine, unlike the distributions of the
// standard library.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "base/random.h"

namespace scenarios {

// SplitMix64 (Steele, Lea and Flood 2014). Confined to one thread, though a base::Random.
class Draw final : public base::Random {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed * kGolden) {}

  std::uint64_t Next() {
    std::uint64_t mixed = state_ += kGolden;
    mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31U;
  }
  void Fill(std::span<std::uint8_t> bytes) override {
    std::ranges::generate(bytes, [this] { return static_cast<std::uint8_t>(Next()); });
  }

  // `count` must not be zero.
  std::size_t Below(std::size_t count) { return static_cast<std::size_t>(Next() % count); }
  int Between(int least, int most) {
    return least + static_cast<int>(Below(static_cast<std::size_t>(most - least + 1)));
  }
  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11U) * 0x1p-53 < probability;
  }
  absl::Duration Between(absl::Duration least, absl::Duration most) {
    const auto span = static_cast<std::size_t>((most - least) / absl::Milliseconds(1));
    return least + absl::Milliseconds(1) * static_cast<std::int64_t>(Below(span + 1));
  }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

  std::uint64_t state_;
};

}  // namespace scenarios
