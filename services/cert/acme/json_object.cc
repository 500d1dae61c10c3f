#include "cert/acme/json_object.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"

namespace cert {

using Json = nlohmann::json;

// A value inside a document that it keeps alive: nothing is copied, however deep it lies.
struct JsonObject::Node {
  std::shared_ptr<const Json> document;
  const Json* value;

  const Json* Find(const std::string& key) const {
    const auto found = value->find(key);
    return found == value->end() ? nullptr : &*found;
  }
  const Json* FindArray(const std::string& key, std::size_t limit) const {
    const Json* member = Find(key);
    if (member == nullptr || !member->is_array() || member->size() > limit) return nullptr;
    return member;
  }
};

absl::StatusOr<JsonObject> JsonObject::Parse(const std::string& text) {
  auto document = std::make_shared<const Json>(Json::parse(text, nullptr, false));
  if (!document->is_object()) return absl::InternalError("the reply is no JSON object");
  const Json* value = document.get();
  return JsonObject(std::make_shared<const Node>(Node{std::move(document), value}));
}

std::optional<std::string> JsonObject::String(const std::string& key) const {
  const Json* member = node_->Find(key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return *member->get_ptr<const std::string*>();
}

std::optional<std::int64_t> JsonObject::Integer(const std::string& key) const {
  const Json* member = node_->Find(key);
  if (member == nullptr || !member->is_number_integer()) return std::nullopt;
  return member->get<std::int64_t>();
}

std::optional<bool> JsonObject::Boolean(const std::string& key) const {
  const Json* member = node_->Find(key);
  if (member == nullptr || !member->is_boolean()) return std::nullopt;
  return member->get<bool>();
}

std::optional<JsonObject> JsonObject::Object(const std::string& key) const {
  const Json* member = node_->Find(key);
  if (member == nullptr || !member->is_object()) return std::nullopt;
  return JsonObject(std::make_shared<const Node>(Node{node_->document, member}));
}

std::vector<std::string> JsonObject::Keys(std::size_t limit) const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : node_->value->items()) {
    if (keys.size() == limit) break;
    keys.push_back(key);
  }
  return keys;
}

std::optional<std::vector<std::string>> JsonObject::Strings(const std::string& key,
                                                            std::size_t limit) const {
  const Json* member = node_->FindArray(key, limit);
  if (member == nullptr) return std::nullopt;
  std::vector<std::string> strings;
  for (const Json& element : *member) {
    if (!element.is_string()) return std::nullopt;
    strings.push_back(*element.get_ptr<const std::string*>());
  }
  return strings;
}

std::optional<std::vector<JsonObject>> JsonObject::Objects(const std::string& key,
                                                           std::size_t limit) const {
  const Json* member = node_->FindArray(key, limit);
  if (member == nullptr) return std::nullopt;
  std::vector<JsonObject> objects;
  for (const Json& element : *member) {
    if (!element.is_object()) return std::nullopt;
    objects.push_back(JsonObject(std::make_shared<const Node>(Node{node_->document, &element})));
  }
  return objects;
}

}  // namespace cert
