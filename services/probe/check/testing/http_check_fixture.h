// The fixture of the tests of http-01 checks: the host www.shop.test in a zone "test", whose
// nameserver is 199.9.14.1.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probe/check/http_check.h"
#include "probe/check/testing/http_world.h"

namespace probe::testing {

inline const std::string kWebToken = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
inline const std::string kText = kWebToken + ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
inline const std::string kPath = "/.well-known/acme-challenge/" + kWebToken;
inline const std::string kUrl = "http://www.shop.test" + kPath;

// Public ones: nobody is asked at any of them.
inline constexpr const char* kV6 = "2606:4700::1";
inline constexpr const char* kFirstAddress = "8.0.0.1";
inline constexpr const char* kSecondAddress = "8.0.0.2";

inline Fetched Page(const std::string& body, int status = 200) {
  return {.kind = Fetched::Kind::kAnswered, .status = status, .body = body};
}
inline Fetched Redirect(const std::string& location, int status = 302) {
  return {.kind = Fetched::Kind::kAnswered, .status = status, .location = location};
}

class HttpCheckTest : public ::testing::Test {
 protected:
  HttpCheckTest() { world_.AddZone("test", "199.9.14.1"); }

  void Host(const std::string& host, const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) world_.Add(Address(host, address));
  }
  Report Run(Check check) {
    std::optional<Report> report;
    const auto running =
        std::make_shared<HttpCheck>(world_.environment(), world_, HttpPorts{}, std::move(check),
                                    [&](Report done) { report = std::move(done); });
    running->Begin();
    world_.Run();
    EXPECT_TRUE(report);
    return report.value_or(Report{});
  }
  static Check ChallengeCheck() {
    return {.id = "check",
            .name = "www.shop.test",
            .type = observation::RecordType::kHttp,
            .expected_values = {kText},
            .timeout = absl::Seconds(20)};
  }
  std::vector<observation::Observation> Observe() { return Run(ChallengeCheck()).observations; }
  static std::vector<observation::Outcome> Outcomes(
      const std::vector<observation::Observation>& observations) {
    std::vector<observation::Outcome> outcomes;
    for (const observation::Observation& seen : observations) outcomes.push_back(seen.outcome);
    return outcomes;
  }

  HttpWorld world_;
};

}  // namespace probe::testing
