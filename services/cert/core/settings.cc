#include "cert/core/settings.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/enum_names.h"

namespace cert {
namespace {

constexpr base::EnumNames<ValidationMethod, 3> kMethodNames{{
    {ValidationMethod::kDelegation, "DELEGATION"},
    {ValidationMethod::kTxt, "TXT"},
    {ValidationMethod::kHttp, "HTTP"},
}};
constexpr base::EnumNames<KeyType, 3> kKeyTypeNames{{
    {KeyType::kEcdsaP256, "ECDSA_P256"},
    {KeyType::kRsa2048, "RSA_2048"},
    {KeyType::kCallers, "CALLERS"},
}};
constexpr base::EnumNames<KeyChoice, 3> kKeyChoiceNames{{
    {KeyChoice::kEcdsaP256, "ECDSA_P256"},
    {KeyChoice::kRsa2048, "RSA_2048"},
    {KeyChoice::kDual, "DUAL"},
}};

constexpr std::size_t kMaxProfileName = 64;

bool IsProfileCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

}  // namespace

const char* MethodName(ValidationMethod method) { return base::NameIn(kMethodNames, method); }
const char* KeyTypeName(KeyType type) { return base::NameIn(kKeyTypeNames, type); }
const char* KeyChoiceName(KeyChoice choice) { return base::NameIn(kKeyChoiceNames, choice); }

std::optional<ValidationMethod> ParseMethod(const std::string& name) {
  return base::ValueIn(kMethodNames, name);
}
std::optional<KeyType> ParseKeyType(const std::string& name) {
  return base::ValueIn(kKeyTypeNames, name);
}
std::optional<KeyChoice> ParseKeyChoice(const std::string& name) {
  return base::ValueIn(kKeyChoiceNames, name);
}

bool IsProfileName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxProfileName &&
         std::ranges::all_of(name, IsProfileCharacter);
}

}  // namespace cert
