// The words by which the values of an enum are stored, shown and read: one table for both ways.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace base {

template <typename Enum, std::size_t kSize>
using EnumNames = std::array<std::pair<Enum, const char*>, kSize>;

// "?" for what is no value of the enum.
template <typename Enum, std::size_t kSize>
constexpr const char* NameIn(const EnumNames<Enum, kSize>& names, Enum value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "?";
}

template <typename Enum, std::size_t kSize>
constexpr std::optional<Enum> ValueIn(const EnumNames<Enum, kSize>& names, std::string_view name) {
  for (const auto& [value, known] : names) {
    if (name == known) return value;
  }
  return std::nullopt;
}

}  // namespace base
