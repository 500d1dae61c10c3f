#include "cert/store/batching_transaction.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cert {

BatchingTransaction::BatchingTransaction(pqxx::connection& connection, std::string begin)
    : namedclass("cert::BatchingTransaction"),
      pqxx::transaction_base(connection),
      begin_(std::move(begin)) {
  Begin();
}

BatchingTransaction::~BatchingTransaction() { End(); }

void BatchingTransaction::Later(const std::string& command) {
  absl::StrAppend(&waiting_, command, ";");
}

void BatchingTransaction::Flush() {
  if (HasWaiting()) exec("");
}

void BatchingTransaction::do_begin() { Later(begin_); }

pqxx::result BatchingTransaction::do_exec(const char command[]) {
  begun_ = true;
  try {
    return direct_exec(absl::StrCat(std::exchange(waiting_, ""), command).c_str());
  } catch (const std::exception&) {
    try {
      abort();
    } catch (const std::exception&) {  // what went wrong first is what counts
    }
    throw;
  }
}

void BatchingTransaction::do_commit() {
  try {
    direct_exec(absl::StrCat(std::exchange(waiting_, ""), "COMMIT").c_str());
  } catch (const std::exception&) {
    if (!conn().is_open()) throw pqxx::in_doubt_error("connection lost during commit");
    // One of the commands before it failed, so that the server has not come to the COMMIT.
    direct_exec("ROLLBACK");
    throw;
  }
}

void BatchingTransaction::do_abort() {
  waiting_.clear();
  if (begun_) direct_exec("ROLLBACK");
}

}  // namespace cert
