#include "probe/core/value_clues.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/strings.h"

namespace probe {
namespace {

using observation::Clue;

// Also those that word processors make, and backslashes that were to escape one.
constexpr std::array<absl::string_view, 7> kQuotes = {"\"", "'", "\\", "“", "”", "‘", "’"};
constexpr absl::string_view kNoBreakSpace = "\u00a0";

absl::string_view WithoutQuotes(absl::string_view text) {
  const auto strip_one = [&text] {
    return std::ranges::any_of(kQuotes, [&text](absl::string_view quote) {
      return absl::ConsumePrefix(&text, quote) || absl::ConsumeSuffix(&text, quote);
    });
  };
  while (strip_one()) {
  }
  return text;
}

std::string WithoutSpace(absl::string_view text) {
  std::string squeezed = absl::StrReplaceAll(text, {{kNoBreakSpace, ""}});
  std::erase_if(squeezed, [](unsigned char c) { return absl::ascii_isspace(c); });
  return squeezed;
}

}  // namespace

std::vector<Clue> CompareValues(std::string_view expected, std::string_view found) {
  std::vector<Clue> clues;
  if (found == expected) return clues;
  const std::string squeezed = WithoutSpace(base::ToAbsl(found));
  const absl::string_view bare = WithoutQuotes(squeezed);
  const std::string wanted = WithoutSpace(base::ToAbsl(expected));
  if (bare.empty()) return clues;
  const bool same = absl::EqualsIgnoreCase(bare, wanted);
  const bool part =
      bare.size() >= kShortestCut && bare.size() < wanted.size() && absl::StrContains(wanted, bare);
  if (!same && !part) return clues;
  if (bare.size() < squeezed.size()) clues.push_back(Clue::kValueQuoted);
  if (part) clues.push_back(Clue::kValueCut);
  if (same && !absl::EqualsIgnoreCase(WithoutQuotes(base::ToAbsl(found)), base::ToAbsl(expected))) {
    clues.push_back(Clue::kValueSpaced);
  }
  if (same && bare != wanted) clues.push_back(Clue::kValueCase);
  return clues;
}

}  // namespace probe
