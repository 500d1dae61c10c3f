// The statements of one transaction. Each is parsed and planned once for its connection, which is
// most of what short statements cost, unless a pooler stands in between: the next transaction may
// run on another server connection then, which knows nothing of it. Private to this folder.

#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cert/store/batching_transaction.h"
#include "cert/store/pg_connection.h"

namespace cert {

// Confined to the transaction's thread. Throws what libpqxx throws, whose functions of these names
// these are, but for Later.
class Statements {
 public:
  Statements(PgConnection& connection, BatchingTransaction& transaction)
      : connection_(connection), transaction_(transaction) {}

  template <typename... Args>
  pqxx::result exec_params(const std::string& statement, const Args&... args) {
    if (!connection_.direct) {
      transaction_.Flush();
      return transaction_.exec_params(statement, args...);
    }
    if (transaction_.HasWaiting()) return transaction_.exec(Execute(statement, args...));
    return transaction_.exec_prepared(connection_.Prepared(statement), args...);
  }

  template <typename... Args>
  pqxx::row exec_params1(const std::string& statement, const Args&... args) {
    const pqxx::result rows = exec_params(statement, args...);
    if (rows.size() != 1) throw pqxx::unexpected_rows("one row was expected");
    return rows.front();
  }

  template <typename... Args>
  void exec_params0(const std::string& statement, const Args&... args) {
    if (!exec_params(statement, args...).empty()) {
      throw pqxx::unexpected_rows("no rows were expected");
    }
  }

  // For what needs no answer: goes with the next statement, or with the commit. Should it fail,
  // that one fails.
  template <typename... Args>
  void Later(const std::string& statement, const Args&... args) {
    if (connection_.direct) {
      transaction_.Later(Execute(statement, args...));
    } else {
      exec_params(statement, args...);
    }
  }

 private:
  // As a command of SQL, which can stand in a row with others.
  template <typename... Args>
  std::string Execute(const std::string& statement, const Args&... args) {
    const std::string command = absl::StrCat("EXECUTE ", connection_.Prepared(statement));
    const std::vector<std::string> values{Quoted(args)...};
    return values.empty() ? command : absl::StrCat(command, "(", absl::StrJoin(values, ","), ")");
  }

  template <typename T>
  std::string Quoted(const T& value) const {
    return transaction_.quote(value);
  }
  template <typename T>
  std::string Quoted(const std::optional<T>& value) const {
    return value ? transaction_.quote(*value) : "NULL";
  }

  PgConnection& connection_;
  BatchingTransaction& transaction_;
};

}  // namespace cert
