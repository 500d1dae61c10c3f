#include "cert/store/row_values.h"

#include <stdexcept>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "cert/store/json_codec.h"

namespace cert {
namespace {

constexpr char kPast[] = "-infinity";
constexpr char kFuture[] = "infinity";

std::optional<absl::Time> ParseTime(const std::string& text) {
  if (text == kPast) return absl::InfinitePast();
  if (text == kFuture) return absl::InfiniteFuture();
  if (!absl::EndsWith(text, "+00")) return std::nullopt;
  absl::Time time;
  std::string error;
  const std::string local = text.substr(0, text.size() - 3);
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", local, absl::UTCTimeZone(), &time, &error)) {
    return std::nullopt;
  }
  return time;
}

template <typename T>
std::optional<T> ValueOf(absl::StatusOr<T> result) {
  if (!result.ok()) return std::nullopt;
  return *std::move(result);
}

}  // namespace

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast()) return kPast;
  if (time == absl::InfiniteFuture()) return kFuture;
  return absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone());
}

OptionalText TimeText(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return std::nullopt;
  return TimeText(*time);
}

OptionalText DueText(absl::Time due_time) {
  if (due_time == absl::InfiniteFuture()) return std::nullopt;
  return TimeText(due_time);
}

OptionalText FindingText(const std::optional<Finding>& finding) {
  if (!finding.has_value()) return std::nullopt;
  return FindingToJson(*finding);
}

std::string HexText(const std::string& octets) { return absl::BytesToHexString(octets); }

void RowReader::Corrupt() { throw std::runtime_error("a stored value cannot be read"); }

std::string RowReader::Text(const char* column) const { return row_[column].c_str(); }

OptionalText RowReader::MaybeText(const char* column) const {
  if (row_[column].is_null()) return std::nullopt;
  return Text(column);
}

OptionalText KeyIdText(const std::optional<SealedSecret>& secret) {
  if (!secret.has_value()) return std::nullopt;
  return secret->key_id;
}

OptionalText KeyOctetsText(const std::optional<SealedSecret>& secret) {
  if (!secret.has_value()) return std::nullopt;
  return HexText(secret->octets);
}

int RowReader::Int(const char* column) const { return row_[column].as<int>(); }

std::int64_t RowReader::Int64(const char* column) const { return row_[column].as<std::int64_t>(); }

bool RowReader::Bool(const char* column) const { return row_[column].as<bool>(); }

std::optional<bool> RowReader::MaybeBool(const char* column) const {
  if (row_[column].is_null()) return std::nullopt;
  return Bool(column);
}

absl::Time RowReader::Time(const char* column) const { return Parsed(ParseTime(Text(column))); }

std::optional<absl::Time> RowReader::MaybeTime(const char* column) const {
  if (row_[column].is_null()) return std::nullopt;
  return Time(column);
}

absl::Time RowReader::DueTime(const char* column) const {
  return MaybeTime(column).value_or(absl::InfiniteFuture());
}

std::string RowReader::Octets(const char* column) const {
  return absl::HexStringToBytes(Text(column));
}

std::vector<std::string> RowReader::Texts(const char* column) const {
  return Parsed(ValueOf(TextsFromJson(Text(column))));
}

std::optional<Finding> RowReader::MaybeFinding(const char* column) const {
  if (row_[column].is_null()) return std::nullopt;
  return Parsed(ValueOf(FindingFromJson(Text(column))));
}

CertificateSettings RowReader::Settings(const char* column) const {
  return Parsed(ValueOf(SettingsFromJson(Text(column))));
}

std::vector<SetAsideName> RowReader::SetAside(const char* column) const {
  return Parsed(ValueOf(SetAsideFromJson(Text(column))));
}

std::vector<CaFailure> RowReader::CaFailures(const char* column) const {
  return Parsed(ValueOf(CaFailuresFromJson(Text(column))));
}

std::optional<SealedSecret> RowReader::MaybeSecret(const char* key_id_column,
                                                   const char* octets_column) const {
  if (!MaybeText(key_id_column).has_value()) return std::nullopt;
  return Secret(key_id_column, octets_column);
}

SealedSecret RowReader::Secret(const char* key_id_column, const char* octets_column) const {
  return {.key_id = Text(key_id_column), .octets = Octets(octets_column)};
}

}  // namespace cert
