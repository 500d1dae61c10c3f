// The same octets in every run; they repeat after 256. Confined to one thread.

#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace base::testing {

class CountingRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_ += 37;
  }

 private:
  std::uint8_t next_ = 0;
};

}  // namespace base::testing
