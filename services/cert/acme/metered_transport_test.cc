#include "cert/acme/metered_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::testing::HasSubstr;

// Replies what it is told to.
class FixedTransport final : public HttpTransport {
 public:
  explicit FixedTransport(absl::StatusOr<HttpReply> reply) : reply_(std::move(reply)) {}
  absl::StatusOr<HttpReply> Send(const HttpRequest& /*request*/,
                                 base::Deadline /*deadline*/) override {
    return reply_;
  }

 private:
  const absl::StatusOr<HttpReply> reply_;
};

TEST(MeteredTransportTest, CountsAndTimesByResult) {
  base::Metrics metrics;
  const std::vector<std::pair<absl::StatusOr<HttpReply>, std::string>> cases{
      {HttpReply{.status = 201}, "2xx"},
      {HttpReply{.status = 403}, "4xx"},
      {HttpReply{.status = 429}, "429"},
      {HttpReply{.status = 503}, "5xx"},
      {absl::UnavailableError("no connection"), "UNAVAILABLE"},
      {absl::ResourceExhaustedError("others have no answer"), "RESOURCE_EXHAUSTED"}};
  for (const auto& [reply, result] : cases) {
    MeteredTransport transport(std::make_unique<FixedTransport>(reply), "lab", metrics);
    const absl::StatusOr<HttpReply> got =
        transport.Send({.url = "https://ca.example/"}, base::Deadline::After(absl::Seconds(1)));
    EXPECT_EQ(got.status(), reply.status());
    EXPECT_THAT(metrics.Render(),
                HasSubstr("padlock_cert_ca_request_duration_seconds_count{ca=\"lab\",result=\"" +
                          result + "\"} 1"));
  }
}

}  // namespace
}  // namespace cert
