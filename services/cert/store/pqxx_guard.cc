#include "cert/store/pqxx_guard.h"

#include <exception>
#include <pqxx/pqxx>
#include <string>
#include <typeinfo>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/retry_delay.h"

namespace cert {
namespace {

constexpr char kRolledBack[] = "transaction lost against others";
constexpr absl::Duration kComeAgain = absl::Seconds(1);  // what was in the way is over by then

absl::Status Gone(Stage stage) {
  return stage == Stage::kCommit ? absl::UnknownError("connection lost during commit")
                                 : absl::UnavailableError("database connection lost");
}

// The transaction's end, by the server's word: nothing of it was done.
absl::Status Undone(absl::Status status) {
  return base::WithRetryDelay(std::move(status), kComeAgain);
}

// The server names the constraint in quotes in its first line; nothing else is taken from it.
std::string ConstraintName(const std::string& message) {
  const std::string line = message.substr(0, message.find('\n'));
  const std::string::size_type end = line.rfind('"');
  if (end == std::string::npos || end == 0) return "unique constraint";
  const std::string::size_type begin = line.rfind('"', end - 1);
  if (begin == std::string::npos) return "unique constraint";
  return line.substr(begin + 1, end - begin - 1);
}

absl::Status FromSqlState(const std::string& state, Stage stage) {
  // 08: connection; 57P: shutdown, crash, not yet started.
  if (absl::StartsWith(state, "08") || absl::StartsWith(state, "57P")) return Gone(stage);
  if (state == "25P03") return Gone(stage);  // the transaction fell silent, and was ended
  if (state == "53300") return absl::UnavailableError("the database has no connection left");
  if (state == "25006") return absl::UnavailableError("connected to a standby");
  if (state == "PL001") return absl::AbortedError("the lease is lost");
  if (state == "55P03") return Undone(absl::AbortedError("lock timeout"));
  if (state == "57014") return Undone(absl::DeadlineExceededError("statement cancelled"));
  return absl::InternalError(absl::StrFormat("SQLSTATE %s", state));
}

absl::Status FromSqlError(const pqxx::sql_error& error, Stage stage) {
  if (!error.sqlstate().empty()) return FromSqlState(error.sqlstate(), stage);
  // libpq made up an error of its own, or libpqxx recognised the server's and lost its state.
  if (typeid(error) == typeid(pqxx::sql_error)) return Gone(stage);
  return absl::InternalError("the database refuses the statement");
}

}  // namespace

absl::Status StatusFromCurrentException(Stage stage) {
  try {
    throw;
  } catch (const pqxx::in_doubt_error&) {
    return absl::UnknownError("commit in doubt");
  } catch (const pqxx::broken_connection&) {
    return Gone(stage);
  } catch (const pqxx::statement_completion_unknown&) {
    return Gone(stage);
  } catch (const pqxx::transaction_rollback&) {
    return Undone(absl::AbortedError(kRolledBack));
  } catch (const pqxx::unique_violation& e) {
    return absl::AlreadyExistsError(ConstraintName(e.what()));
  } catch (const pqxx::insufficient_resources&) {
    return absl::UnavailableError("the database has no disk or memory left");
  } catch (const pqxx::sql_error& e) {
    return FromSqlError(e, stage);
  } catch (const std::exception&) {
    return absl::InternalError("database client error");
  }
}

bool LostAgainstOthers(const absl::Status& status) {
  return absl::IsAborted(status) && status.message() == kRolledBack;
}

}  // namespace cert
