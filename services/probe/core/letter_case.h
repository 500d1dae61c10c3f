// Letter case of octets, eight at a time: names are compared in lower case and asked for in random
// case, octet by octet that would be a large part of what a question costs.

#pragma once

#include <cstdint>

namespace probe {

// ASCII letters to upper case where their bit is set, else to lower case; other octets stay. The
// first octet, and the lowest bit, is the number's lowest (on big-endian machines the last).
inline std::uint64_t WithLetterCase(std::uint64_t octets, std::uint8_t bits) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kTop = 0x80 * kEach;
  const std::uint64_t lower = (octets | 0x20 * kEach) & 0x7f * kEach;
  const std::uint64_t from_a = lower + (0x80 - 'a') * kEach;
  const std::uint64_t above_z = lower + (0x80 - 'z' - 1) * kEach;
  const std::uint64_t letters = from_a & ~above_z & ~octets & kTop;  // their top bits
  const std::uint64_t chosen = ((bits * kEach & 0x8040'2010'0804'0201) + 0x7f * kEach) & kTop;
  return (octets | letters >> 2U) ^ (letters & chosen) >> 2U;
}

}  // namespace probe
