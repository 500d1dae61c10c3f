#include "transport/request_id.h"

#include <algorithm>

namespace transport {
namespace {

constexpr std::size_t kMaxLength = 64;

bool IsAllowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::string AcceptRequestId(std::string_view offered, base::Random& random) {
  const bool acceptable = !offered.empty() && offered.size() <= kMaxLength &&
                          std::all_of(offered.begin(), offered.end(), IsAllowed);
  return acceptable ? std::string(offered) : random.Token();
}

}  // namespace transport
