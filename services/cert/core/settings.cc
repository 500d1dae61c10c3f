#include "cert/core/settings.h"

namespace cert {

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

}  // namespace cert
