// A page of a list ends before its reply is larger than the 4 MiB that gRPC clients take unless
// told otherwise: a hundred names, and as many findings, are a few KiB of one item each.

#pragma once

#include <cstddef>

namespace cert {

class PageRoom {
 public:
  static constexpr std::size_t kBytes = std::size_t{3} << 20U;

  // Whether an item of so many octets still belongs to this page. The first one always does.
  bool Takes(std::size_t bytes) {
    const bool fits = used_ == 0 || used_ + bytes <= kBytes;
    if (fits) used_ += bytes;
    return fits;
  }

 private:
  std::size_t used_ = 0;
};

}  // namespace cert
