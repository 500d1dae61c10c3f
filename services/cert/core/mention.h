// Names in a CA's words.

#pragma once

#include <string>
#include <string_view>

namespace cert {

// Whether `text` has `name` as a whole, quoted or not: neither below another name nor above one. A
// wildcard is a name of its own. Both are in lower case.
bool Mentions(std::string_view text, const std::string& name);

}  // namespace cert
