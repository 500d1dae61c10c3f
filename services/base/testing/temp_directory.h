// A directory of the test's own, gone with it.

#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>  // NOLINT: mkdtemp is POSIX

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace base::testing {

class TempDirectory {
 public:
  TempDirectory() {
    std::string path = ::testing::TempDir() + "padlock-test-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
      ADD_FAILURE() << "no directory could be made below " << ::testing::TempDir();
      return;
    }
    path_ = path + "/";
  }
  ~TempDirectory() {
    std::error_code ignored;  // what is left over is the system's to clean
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  // Ends with a slash.
  const std::string& path() const { return path_; }

  // Returns the name of a file in it, which holds `content` from now on.
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ + name, std::ios::binary) << content;
    return path_ + name;
  }

 private:
  std::string path_;
};

}  // namespace base::testing
