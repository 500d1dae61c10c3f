#include "cli/text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"

namespace cli {
namespace {

std::string FormatSpan(absl::Duration span) {
  const double seconds = absl::ToDoubleSeconds(span);
  if (seconds < 120) return absl::StrFormat("%.0f s", seconds);
  if (seconds < 2 * 3600) return absl::StrFormat("%.0f min", seconds / 60);
  if (seconds < 2 * 86400) return absl::StrFormat("%.0f h", seconds / 3600);
  return absl::StrFormat("%.0f days", seconds / 86400);
}

}  // namespace

std::string Printable(const std::string& text) {
  std::string printable;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    printable += absl::ascii_isprint(octet) ? std::string(1, c) : absl::StrFormat("\\%03d", octet);
  }
  return printable;
}

std::string WordOf(const std::string& prefix, const std::string& enum_name) {
  std::string word = enum_name.starts_with(prefix) ? enum_name.substr(prefix.size()) : enum_name;
  absl::AsciiStrToLower(&word);
  for (char& c : word) c = c == '_' ? ' ' : c;
  return word;
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string FormatTime(const google::protobuf::Timestamp& timestamp) {
  return base::UtcText(ToTime(timestamp));
}

std::string FormatRelative(absl::Time time, absl::Time now) {
  const absl::Duration ahead = time - now;
  if (absl::AbsDuration(ahead) < absl::Seconds(1)) return "now";
  if (ahead > absl::ZeroDuration()) return "in " + FormatSpan(ahead);
  return FormatSpan(-ahead) + " ago";
}

std::string IdOf(const std::string& resource_name) {
  return resource_name.substr(resource_name.rfind('/') + 1);
}

}  // namespace cli
