// Writes what was fetched.

#pragma once

#include <string>

#include <sys/types.h>

#include "absl/status/status.h"

namespace cli {

// Writes the whole file or none of it: a new file of exactly this mode takes the place of whatever
// has the name. Errors are errno's, with the path.
absl::Status WriteFile(const std::string& path, const std::string& content, mode_t mode);

}  // namespace cli
