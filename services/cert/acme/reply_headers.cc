#include "cert/acme/reply_headers.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace cert {
namespace {

constexpr std::size_t kMaxUrl = 2048;

bool IsUrlCharacter(char c) {
  return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
         std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

// Whether a link's parameters (`;a=b;rel="next"`) name the relation, alone or among others.
bool HasRelation(std::string_view relation, const std::string& parameters) {
  for (const std::string& parameter :
       std::vector<std::string>(absl::StrSplit(parameters, ';', absl::SkipWhitespace()))) {
    const std::vector<std::string> parts = absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    if (parts.size() != 2) continue;
    const std::string name(absl::StripAsciiWhitespace(parts[0]));
    if (!absl::EqualsIgnoreCase(name, "rel")) continue;
    std::string value = absl::AsciiStrToLower(parts[1]);
    std::replace(value.begin(), value.end(), '"', ' ');
    const std::vector<std::string> relations = absl::StrSplit(value, ' ', absl::SkipWhitespace());
    return std::find(relations.begin(), relations.end(), relation) != relations.end();
  }
  return false;
}

void AppendLinks(std::string_view relation, const std::string& header,
                 std::vector<std::string>& urls) {
  std::size_t position = 0;
  while (true) {
    const std::size_t open = header.find('<', position);
    const std::size_t close = header.find('>', open);
    if (open == std::string::npos || close == std::string::npos) return;
    // One header may hold several links; the next one starts with the next '<'.
    position = std::min(header.find('<', close), header.size());
    std::string parameters = header.substr(close + 1, position - close - 1);
    std::replace(parameters.begin(), parameters.end(), ',', ' ');
    if (!HasRelation(relation, parameters)) continue;
    std::string url = header.substr(open + 1, close - open - 1);
    if (IsHttpsUrl(url)) urls.push_back(std::move(url));
  }
}

}  // namespace

std::optional<absl::Duration> ParseRetryAfter(const std::string& value, absl::Time now) {
  constexpr std::int64_t kMaxSeconds = 31 * 24 * 3600;
  std::int64_t seconds = 0;
  absl::Time time;
  if (absl::SimpleAtoi(value, &seconds)) {
    // Kept as it is.
  } else if (absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", value, &time, nullptr)) {
    seconds = absl::ToInt64Seconds(absl::Ceil(time - now, absl::Seconds(1)));
  } else {
    return std::nullopt;
  }
  return absl::Seconds(std::clamp<std::int64_t>(seconds, 0, kMaxSeconds));
}

std::vector<std::string> LinksOf(std::string_view relation, const std::vector<std::string>& links) {
  std::vector<std::string> urls;
  for (const std::string& header : links) AppendLinks(relation, header, urls);
  return urls;
}

bool IsHttpsUrl(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  return text.size() > kScheme.size() && text.size() <= kMaxUrl && text.starts_with(kScheme) &&
         std::all_of(text.begin(), text.end(), IsUrlCharacter);
}

bool IsBase64Url(std::string_view text, std::size_t limit) {
  return !text.empty() && text.size() <= limit && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

}  // namespace cert
