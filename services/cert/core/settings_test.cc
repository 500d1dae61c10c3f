#include "cert/core/settings.h"

#include <gtest/gtest.h>

namespace cert {
namespace {

TEST(ProfileNameTest, IsOfLettersDigitsDotsDashesAndUnderscores) {
  for (const char* name : {"shortlived", "tls-server_1.0", "."}) {
    EXPECT_TRUE(IsProfileName(name)) << name;
  }
  EXPECT_TRUE(IsProfileName(std::string(64, 'a')));
  EXPECT_FALSE(IsProfileName(std::string(65, 'a')));
  for (const std::string& name :
       {std::string(), std::string("short lived"), std::string("a\"b"), std::string("a/b"),
        std::string("a\0b", 3), std::string("\xc3\xa9")}) {
    EXPECT_FALSE(IsProfileName(name)) << name;
  }
}

}  // namespace
}  // namespace cert
