// A worker without a network: answers every check at once, from within Send, and gives back the
// credit.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cert/dispatch/dispatcher.h"
#include "cert/dispatch/testing/fake_prober.h"

namespace cert::testing {

// Confined to the dispatcher's thread after Join.
class ScriptedWorker final : public WorkerSession {
 public:
  static WorkerKey Join(Dispatcher& dispatcher, const std::string& id,
                        const std::string& perspective, std::uint32_t credit) {
    auto worker = std::make_shared<ScriptedWorker>(dispatcher);
    worker->key_ = *dispatcher.AddWorker({.id = id, .perspective = perspective}, worker);
    dispatcher.OnCredit(worker->key_, credit);
    return worker->key_;
  }

  explicit ScriptedWorker(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  void Send(std::vector<WorkerCheck> checks) override {
    std::vector<WorkerReport> reports;
    for (const WorkerCheck& check : checks) {
      reports.push_back({.check_id = check.id,
                         .observations = Agrees(check.question).observations,
                         .failure = ""});
    }
    const auto count = static_cast<std::uint32_t>(reports.size());
    dispatcher_.OnReports(key_, std::move(reports));
    dispatcher_.OnCredit(key_, count);
  }
  void Cancel(std::vector<std::string>) override {}

 private:
  Dispatcher& dispatcher_;
  WorkerKey key_{};
};

}  // namespace cert::testing
