#include "transport/to_grpc_status.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "base/retry_delay.h"

namespace transport {
namespace {

TEST(ToGrpcStatusTest, KeepsWhatTheCallerCanUse) {
  const grpc::Status status =
      ToGrpcStatus(absl::InvalidArgumentError("hostname: it is empty"), "r1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "hostname: it is empty");
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus(), "r1").ok());
}

TEST(ToGrpcStatusTest, HidesTheTextOfOurOwnFaults) {
  for (const absl::Status& fault :
       {absl::InternalError("row 17 of table keys"), absl::UnknownError("commit in doubt"),
        absl::DataLossError("key does not open")}) {
    const grpc::Status status = ToGrpcStatus(fault, "r1");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(status.error_message(), "internal error; request id r1");
  }
}

TEST(ToGrpcStatusTest, AdvisesToComeAgainWhenTheTroublePassesByItself) {
  for (const absl::Status& trouble :
       {absl::UnavailableError("database connection lost"), absl::ResourceExhaustedError("busy")}) {
    const absl::Status received = FromGrpcStatus(ToGrpcStatus(trouble, "r1"));
    EXPECT_EQ(received.code(), trouble.code());
    EXPECT_EQ(received.message(), trouble.message());
    EXPECT_EQ(RetryDelay(received), absl::Seconds(1));
  }
  for (const absl::Status& lasting :
       {absl::NotFoundError("no such domain"), absl::InternalError("a bug"), absl::OkStatus()}) {
    EXPECT_EQ(RetryDelay(FromGrpcStatus(ToGrpcStatus(lasting, "r1"))), std::nullopt);
  }
}

TEST(ToGrpcStatusTest, AdvisesTheDelayThatTheErrorComesWith) {
  const absl::Status budget =
      base::WithRetryDelay(absl::ResourceExhaustedError("used up"), absl::Milliseconds(29'001));
  EXPECT_EQ(RetryDelay(FromGrpcStatus(ToGrpcStatus(budget, "r1"))), absl::Seconds(30));
}

// A transaction that came to nothing: whatever the store calls it, the call may be repeated.
TEST(ToGrpcStatusTest, WhatChangedNothingAndMaySoonSucceedIsUnavailable) {
  for (const absl::Status& undone :
       {absl::AbortedError("lock timeout"), absl::DeadlineExceededError("statement cancelled")}) {
    const absl::Status received =
        FromGrpcStatus(ToGrpcStatus(base::WithRetryDelay(undone, absl::Seconds(2)), "r1"));
    EXPECT_EQ(received.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(received.message(), undone.message());
    EXPECT_EQ(RetryDelay(received), absl::Seconds(2));
  }
}

TEST(ToGrpcStatusTest, WhatMayHaveBeenDoneStaysAborted) {
  const absl::Status received =
      FromGrpcStatus(ToGrpcStatus(absl::AbortedError("commit in doubt"), "r1"));
  EXPECT_EQ(received, absl::AbortedError("commit in doubt"));
}

TEST(FromGrpcStatusTest, DetailsThatAreNoneOfOursAreIgnored) {
  const grpc::Status odd(grpc::StatusCode::UNAVAILABLE, "gone", "\xff\xff\xff");
  EXPECT_EQ(FromGrpcStatus(odd), absl::UnavailableError("gone"));
}

TEST(FromGrpcStatusTest, KeepsCodeAndText) {
  const grpc::Status busy(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy");
  EXPECT_EQ(FromGrpcStatus(busy), absl::ResourceExhaustedError("busy"));
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

}  // namespace
}  // namespace transport
