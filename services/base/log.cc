#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "base/clock.h"

namespace base {
namespace {

std::atomic<LogLevel> lowest_level{LogLevel::kInfo};

// Written by InitLog before threads start, read-only afterwards.
std::string& ServiceName() {
  static auto* const name = new std::string;  // never destroyed: threads may log until the end
  return *name;
}

spdlog::logger& StderrLogger() {
  static auto* const logger = [] {
    auto* made = new spdlog::logger("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);  // lowest_level has decided already
    return made;
  }();
  return *logger;
}

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

}  // namespace

LogField::LogField(const absl::Status& status)
    : key("error"),
      value(std::string(status.message())),
      code(absl::StatusCodeToString(status.code())) {}

void InitLog(std::string_view program, LogLevel level) {
  ServiceName() = program;
  lowest_level.store(level, std::memory_order_relaxed);
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  nlohmann::ordered_json line;
  line["time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", SystemClock().TimeNow(), absl::UTCTimeZone());
  line["level"] = LevelName(level);
  line["msg"] = message;
  if (!ServiceName().empty()) line["service"] = ServiceName();
  for (const LogField& field : fields) {
    if (field.is_number) {
      line[field.key] = field.number;
    } else {
      line[field.key] = field.value;
    }
    if (!field.code.empty()) line["code"] = field.code;
  }
  using Json = nlohmann::ordered_json;
  StderrLogger().log(spdlog::level::info,
                     line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace));
}

}  // namespace base
