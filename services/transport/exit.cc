#include "transport/exit.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace transport {

void Exit(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace transport
