// Text of others inside our sentences: bounded, and of printable ASCII only.

#pragma once

#include <cstddef>
#include <string>

namespace cert {

inline constexpr std::size_t kShownOctets = 100;

// `text` with '?' for every octet that is not printable ASCII; of a longer one the first
// kShownOctets octets and "...".
std::string Shown(const std::string& text);

}  // namespace cert
