#include "cert/core/settings.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace cert {
namespace {

constexpr std::size_t kMaxProfileName = 64;

bool IsProfileCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

}  // namespace

const char* MethodName(ValidationMethod method) {
  switch (method) {
    case ValidationMethod::kDelegation:
      return "DELEGATION";
    case ValidationMethod::kTxt:
      return "TXT";
    case ValidationMethod::kHttp:
      return "HTTP";
  }
  return "";
}

std::optional<ValidationMethod> ParseMethod(const std::string& name) {
  for (const ValidationMethod method :
       {ValidationMethod::kDelegation, ValidationMethod::kTxt, ValidationMethod::kHttp}) {
    if (name == MethodName(method)) return method;
  }
  return std::nullopt;
}

const char* KeyTypeName(KeyType type) {
  switch (type) {
    case KeyType::kEcdsaP256:
      return "ECDSA_P256";
    case KeyType::kRsa2048:
      return "RSA_2048";
    case KeyType::kCallers:
      return "CALLERS";
  }
  return "";
}

std::optional<KeyType> ParseKeyType(const std::string& name) {
  for (const KeyType type : {KeyType::kEcdsaP256, KeyType::kRsa2048, KeyType::kCallers}) {
    if (name == KeyTypeName(type)) return type;
  }
  return std::nullopt;
}

const char* KeyChoiceName(KeyChoice choice) {
  switch (choice) {
    case KeyChoice::kEcdsaP256:
      return "ECDSA_P256";
    case KeyChoice::kRsa2048:
      return "RSA_2048";
    case KeyChoice::kDual:
      return "DUAL";
  }
  return "";
}

std::optional<KeyChoice> ParseKeyChoice(const std::string& name) {
  for (const KeyChoice choice : {KeyChoice::kEcdsaP256, KeyChoice::kRsa2048, KeyChoice::kDual}) {
    if (name == KeyChoiceName(choice)) return choice;
  }
  return std::nullopt;
}

bool IsProfileName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxProfileName &&
         std::ranges::all_of(name, IsProfileCharacter);
}

}  // namespace cert
