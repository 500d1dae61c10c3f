// What answers lead to has left the processor's cache while they were under way. Those of a batch
// have it fetched all at once, step by step along the pointers, instead of one wait after the
// other.

#pragma once

#include <cstddef>

namespace probe {

// How far pointers are followed: from the open question at the engine to whoever wants its reply.
inline constexpr int kPrefetchSteps = 3;

// Only a hint, whatever is there.
template <typename Whole>
void PrefetchWhole(const Whole* object) {
  constexpr std::size_t kCacheLine = 64;
  const auto* const begin = reinterpret_cast<const char*>(object);
  for (std::size_t at = 0; at < sizeof(Whole); at += kCacheLine) __builtin_prefetch(begin + at);
}

}  // namespace probe
