#include "cert/core/shown.h"

#include "absl/strings/ascii.h"

namespace cert {

std::string Shown(const std::string& text) {
  std::string shown;
  for (const char c : text.substr(0, kShownOctets)) {
    shown += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  }
  return shown + (text.size() > kShownOctets ? "..." : "");
}

}  // namespace cert
