#include "transport/request_id.h"

#include <gtest/gtest.h>

namespace transport {
namespace {

TEST(RequestIdTest, KeepsTheCallersOwn) {
  EXPECT_EQ(AcceptRequestId("Order-17.retry_2", base::SystemRandom()), "Order-17.retry_2");
  EXPECT_EQ(AcceptRequestId(std::string(64, 'x'), base::SystemRandom()), std::string(64, 'x'));
}

TEST(RequestIdTest, ReplacesWhatMustNotReachALog) {
  for (const std::string& offered :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string("\"}"),
        std::string("\xc3\xa9"), std::string("a\0b", 3), std::string(65, 'x')}) {
    const std::string accepted = AcceptRequestId(offered, base::SystemRandom());
    EXPECT_NE(accepted, offered);
    EXPECT_EQ(accepted.size(), 26U);
  }
}

TEST(RequestIdTest, DrawsANewOneEachTime) {
  EXPECT_NE(AcceptRequestId("", base::SystemRandom()), AcceptRequestId("", base::SystemRandom()));
}

}  // namespace
}  // namespace transport
