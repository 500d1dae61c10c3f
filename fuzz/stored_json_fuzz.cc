// What the store keeps as jsonb: findings, evidence, texts.

#include <cstddef>
#include <cstdint>
#include <string>

#include "cert/store/json_codec.h"
#include "fuzz/require.h"

namespace {

// What is read may be written, and from then on does not change: the first writing mends the text.
template <typename Value>
void CheckStable(const std::string& json, absl::StatusOr<Value> (*read)(const std::string&),
                 std::string (*write)(const Value&)) {
  const absl::StatusOr<Value> value = read(json);
  if (!value.ok()) return;
  const std::string written = write(*value);
  const absl::StatusOr<Value> again = read(written);
  fuzz::Require(again.ok() && write(*again) == written, "what was written is read and kept");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string json = fuzz::Text(data, size);
  CheckStable(json, cert::FindingFromJson, cert::FindingToJson);
  CheckStable(json, cert::EvidenceFromJson, cert::EvidenceToJson);
  CheckStable(json, cert::TextsFromJson, cert::TextsToJson);
  return 0;
}
