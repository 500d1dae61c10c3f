#include "lab/question.h"

#include "absl/strings/str_format.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

absl::StatusOr<std::string> Ask(const std::string& address, const std::string& name,
                                const std::string& type, const std::string& flags) {
  return RunCommand({"kdig", "@" + address, "-p", absl::StrFormat("%d", kDnsPort), "+short",
                     "+timeout=2", flags, name, type});
}

}  // namespace lab
