// A transaction whose statements that need no answer of their own travel with the next one that
// does, its BEGIN first of all and what is left with its COMMIT: a round trip costs more than most
// of ours take. Private to this folder.

#pragma once

#include <pqxx/pqxx>
#include <string>

namespace cert {

// Confined to one thread. Throws what libpqxx throws; rolls back unless committed. Only exec sends
// what waits: exec_params and exec_prepared need Flush before them.
class BatchingTransaction final : public pqxx::transaction_base {
 public:
  // `begin` is its first command, "BEGIN" with or without modes.
  BatchingTransaction(pqxx::connection& connection, std::string begin);
  ~BatchingTransaction() override;

  // Sends `command` with the next one. Should it fail, the next one fails in its place.
  void Later(const std::string& command);
  bool HasWaiting() const { return !waiting_.empty(); }
  void Flush();

 private:
  void do_begin() override;
  pqxx::result do_exec(const char command[]) override;
  void do_commit() override;
  void do_abort() override;

  const std::string begin_;
  std::string waiting_;  // commands, each with its semicolon
  bool begun_ = false;   // the server has been told
};

}  // namespace cert
