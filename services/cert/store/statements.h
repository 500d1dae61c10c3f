// The statements of one transaction. Each is parsed and planned once for its connection, which is
// most of what short statements cost, unless a pooler stands in between: the next transaction may
// run on another server connection then, which knows nothing of it. Private to this folder.

#pragma once

#include <pqxx/pqxx>
#include <string>
#include <utility>

#include "cert/store/pg_connection.h"

namespace cert {

// Confined to the transaction's thread. Throws what libpqxx throws, whose functions of these names
// these are.
class Statements {
 public:
  Statements(PgConnection& connection, pqxx::transaction_base& transaction)
      : connection_(connection), transaction_(transaction) {}

  template <typename... Args>
  pqxx::result exec_params(const std::string& statement, Args&&... args) {
    if (!connection_.direct) {
      return transaction_.exec_params(statement, std::forward<Args>(args)...);
    }
    return transaction_.exec_prepared(connection_.Prepared(statement), std::forward<Args>(args)...);
  }

  template <typename... Args>
  pqxx::row exec_params1(const std::string& statement, Args&&... args) {
    if (!connection_.direct) {
      return transaction_.exec_params1(statement, std::forward<Args>(args)...);
    }
    return transaction_.exec_prepared1(connection_.Prepared(statement),
                                       std::forward<Args>(args)...);
  }

  template <typename... Args>
  void exec_params0(const std::string& statement, Args&&... args) {
    if (!connection_.direct) {
      transaction_.exec_params0(statement, std::forward<Args>(args)...);
    } else {
      transaction_.exec_prepared0(connection_.Prepared(statement), std::forward<Args>(args)...);
    }
  }

 private:
  PgConnection& connection_;
  pqxx::transaction_base& transaction_;
};

}  // namespace cert
