// JSON log lines on standard error, one object a line:
//   {"time":"2026-11-22T03:00:00.123456Z","level":"info","msg":"order created","request_id":"…",…}
//
// What a line is about has the same key everywhere: request_id, tenant, domain, certificate, order,
// issuance, revocation, state, ca, check, perspective, worker, resolver, caller, peer (an address);
// "error" and "code" say what went wrong. Other keys are their message's own. Values are never
// secrets: no key, token, claim value or canary is logged.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::int64_t v) : key(k), number(v), is_number(true) {}
  // "error" and "code" of a status.
  explicit LogField(const absl::Status& status);

  std::string key;
  std::string value;
  std::string code;  // of a status only
  std::int64_t number = 0;
  bool is_number = false;
};

// Lines below `level` are dropped; kInfo at start. `program` is added to each line as "service".
// Call once, in main, before threads start.
void InitLog(std::string_view program, LogLevel level);

// Thread-safe; never blocks on anything but the write itself.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace base
