#include "base/log.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

namespace base {
namespace {

using ::testing::MatchesRegex;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class LogTest : public ::testing::Test {
 protected:
  LogTest() { InitLog("padlock-test", LogLevel::kInfo); }

  // The one line that `fields` make.
  static std::string Line(const std::string& message, std::initializer_list<LogField> fields = {}) {
    CaptureStderr();
    Log(LogLevel::kWarning, message, fields);
    return GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesOneJsonObjectALineWithTimeLevelMessageAndService) {
  EXPECT_THAT(Line("order created"),
              MatchesRegex("\\{\"time\":\"[0-9-]{10}T[0-9:]{8}[.][0-9]{6}Z\",\"level\":\"warning\","
                           "\"msg\":\"order created\",\"service\":\"padlock-test\"\\}\n"));
}

TEST_F(LogTest, FieldsKeepTheirTypes) {
  const auto line = nlohmann::json::parse(Line("m", {{"tenant", "t1"}, {"duration_ms", 12}}));
  EXPECT_EQ(line["tenant"], "t1");
  EXPECT_EQ(line["duration_ms"], 12);
}

TEST_F(LogTest, AStatusBecomesErrorAndCode) {
  const auto line =
      nlohmann::json::parse(Line("m", {LogField(absl::UnavailableError("no server"))}));
  EXPECT_EQ(line["error"], "no server");
  EXPECT_EQ(line["code"], "UNAVAILABLE");
}

TEST_F(LogTest, HostileTextStaysInsideItsLine) {
  const std::string line = Line("a\nb\x1b[2J", {{"domain", "\xff\xfe"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line)["domain"], "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(LogTest, LinesBelowTheLevelAreDropped) {
  CaptureStderr();
  Log(LogLevel::kDebug, "unseen");
  EXPECT_EQ(GetCapturedStderr(), "");
}

}  // namespace
}  // namespace base
