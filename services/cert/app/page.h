// One page of a list, in the order of creation.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cert {

struct PageRequest {
  int size = 50;         // at least 1
  std::string after_id;  // of the last item of the page before; empty for the first page
};

template <typename T>
struct Page {
  std::vector<T> items;
  bool has_more = false;  // another page follows the last item
};

// Makes a page of what was listed with a limit of `size` + 1.
template <typename T>
Page<T> CutPage(std::vector<T> listed, int size) {
  const bool has_more = listed.size() > static_cast<std::size_t>(size);
  if (has_more) listed.resize(static_cast<std::size_t>(size));
  return {std::move(listed), has_more};
}

}  // namespace cert
