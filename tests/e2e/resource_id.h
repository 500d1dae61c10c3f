// The id at the end of a resource's name, under which the database has it.

#pragma once

#include <string>

namespace e2e {

inline std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

}  // namespace e2e
