#include "cert/store/connection_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ConnectionStringTest, WhatTheOperatorSaysComesLastAndWins) {
  EXPECT_THAT(WithDefaults({.connection_string = "host=a,b connect_timeout=9"}),
              EndsWith(" host=a,b connect_timeout=9"));
}

TEST(ConnectionStringTest, UriKeepsItsParameters) {
  const std::string uri =
      WithDefaults({.connection_string = "postgresql://u@a:1,b:2/db?connect_timeout=9"});
  EXPECT_THAT(uri, StartsWith("postgresql://u@a:1,b:2/db?application_name=padlock-cert&"));
  EXPECT_THAT(uri, EndsWith("&connect_timeout=9"));
}

TEST(ConnectionStringTest, UriWithoutParametersGetsOurs) {
  EXPECT_THAT(WithDefaults({.connection_string = "postgres://a/db"}),
              HasSubstr("postgres://a/db?application_name=padlock-cert&connect_timeout=3&"));
}

TEST(ConnectionPoolTest, NoServerIsUnavailableAndKeepsNoPlaceTaken) {
  ConnectionPool pool({.connection_string = "host=/nonexistent", .size = 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(pool.Borrow(base::Deadline::After(absl::Seconds(1))).status(),
                base::testing::StatusIs(absl::StatusCode::kUnavailable));
  }
}

}  // namespace
}  // namespace cert
