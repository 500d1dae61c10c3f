#include "cert/app/field_error.h"

#include <gtest/gtest.h>

#include "base/retry_delay.h"

namespace cert {
namespace {

TEST(InFieldTest, NamesTheFieldAndKeepsWhatElseTheErrorSays) {
  const absl::Status named =
      InField("names", base::WithRetryDelay(absl::AbortedError("lock timeout"), absl::Seconds(1)));
  EXPECT_EQ(named.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(named.message(), "names: lock timeout");
  EXPECT_EQ(base::RetryDelayOf(named), absl::Seconds(1));
}

}  // namespace
}  // namespace cert
