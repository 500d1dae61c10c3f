// Values on their way between our types and PostgreSQL's text form. Private to this folder.

#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/model.h"
#include "cert/store/json_codec.h"

namespace cert {

using OptionalText = std::optional<std::string>;

// As timestamptz reads it, to the microsecond, downwards; infinite times have their own words.
std::string TimeText(absl::Time time);
OptionalText TimeText(const std::optional<absl::Time>& time);
// A due time: none when infinite.
OptionalText DueText(absl::Time due_time);
// Jsonb.
OptionalText FindingText(const std::optional<Finding>& finding);
// For decode(…, 'hex').
std::string HexText(const std::string& octets);
OptionalText KeyIdText(const std::optional<SealedSecret>& secret);
OptionalText KeyOctetsText(const std::optional<SealedSecret>& secret);

// A jsonb array of their texts.
template <typename Id>
std::string IdsToJson(const std::vector<Id>& ids) {
  std::vector<std::string> texts;
  for (const Id& id : ids) texts.push_back(id.text());
  return TextsToJson(texts);
}

// A row whose columns have been read as text, times in UTC (session.cc sees to it). Columns are
// named. Throws std::runtime_error, which pqxx_guard.h makes INTERNAL, when a value cannot be read:
// only we write them.
class RowReader {
 public:
  explicit RowReader(const pqxx::row& row) : row_(row) {}

  std::string Text(const char* column) const;  // empty when null
  OptionalText MaybeText(const char* column) const;
  int Int(const char* column) const;
  std::int64_t Int64(const char* column) const;
  bool Bool(const char* column) const;
  std::optional<bool> MaybeBool(const char* column) const;
  absl::Time Time(const char* column) const;
  std::optional<absl::Time> MaybeTime(const char* column) const;
  absl::Time DueTime(const char* column) const;              // infinite when null
  std::string Octets(const char* column) const;              // from encode(…, 'hex')
  std::vector<std::string> Texts(const char* column) const;  // from a jsonb array
  std::optional<Finding> MaybeFinding(const char* column) const;
  CertificateSettings Settings(const char* column) const;
  std::vector<CaFailure> CaFailures(const char* column) const;
  std::vector<SetAsideName> SetAside(const char* column) const;
  SealedSecret Secret(const char* key_id_column, const char* octets_column) const;
  std::optional<SealedSecret> MaybeSecret(const char* key_id_column,
                                          const char* octets_column) const;

  // The progress columns: state, tries, start_time, due_time.
  template <typename State>
  cert::Progress<State> Progress(std::optional<State> (*parse)(const std::string&)) const {
    return {.state = Parsed(parse(Text("state"))),
            .tries = Int("tries"),
            .start_time = Time("start_time"),
            .due_time = DueTime("due_time")};
  }

  // The value, or throws.
  template <typename T>
  static T Parsed(std::optional<T> value) {
    if (!value.has_value()) Corrupt();
    return *std::move(value);
  }

 private:
  [[noreturn]] static void Corrupt();

  const pqxx::row& row_;
};

}  // namespace cert
