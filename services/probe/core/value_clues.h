// Why a value is not the expected one, where it is plainly meant to be it: what DNS hosts' forms
// and copying by hand do to a token.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "observation/observation.h"

namespace probe {

// A shorter part of the expected value can be there by chance.
inline constexpr std::size_t kShortestCut = 8;  // octets

// How `found`, the octets of one TXT record, differs from `expected`: kValueQuoted, kValueSpaced,
// kValueCase or kValueCut, also several of them. Nothing when both are equal, or have nothing to do
// with each other.
std::vector<observation::Clue> CompareValues(std::string_view expected, std::string_view found);

}  // namespace probe
