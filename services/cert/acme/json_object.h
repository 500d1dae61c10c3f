// A JSON object from a CA, read member by member. A member of another type than the one asked for
// counts as absent, so that a reader states once what it needs. No exception leaves.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cert {

// Immutable; cheap to copy; thread-safe.
class JsonObject {
 public:
  // INTERNAL when `text` is no JSON object (RFC 8259) or holds ill-formed UTF-8.
  static absl::StatusOr<JsonObject> Parse(const std::string& text);

  std::optional<std::string> String(const std::string& key) const;
  std::optional<std::int64_t> Integer(const std::string& key) const;
  std::optional<bool> Boolean(const std::string& key) const;
  std::optional<JsonObject> Object(const std::string& key) const;

  // The names of its members, in their byte order, the first `limit` of them.
  std::vector<std::string> Keys(std::size_t limit) const;

  // Absent as well when there are more than `limit` elements or one is of another type.
  std::optional<std::vector<std::string>> Strings(const std::string& key, std::size_t limit) const;
  std::optional<std::vector<JsonObject>> Objects(const std::string& key, std::size_t limit) const;

 private:
  struct Node;
  explicit JsonObject(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

  std::shared_ptr<const Node> node_;
};

}  // namespace cert
