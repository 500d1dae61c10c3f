// A Prober with scripted answers, which records what was asked: for tests of logic above it.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/worker_pool.h"
#include "cert/dispatch/prober.h"

namespace cert::testing {

// Thread-safe.
class FakeProber final : public Prober {
 public:
  // What `perspective` sees for the question; the view's perspective is filled in.
  using Script = std::function<View(const Question& question, const std::string& perspective)>;

  explicit FakeProber(std::vector<std::string> perspectives);

  // For questions asked from now on. Until then, every view is a failure.
  void Answer(Script script);

  // Answers soon, from a thread of its own.
  void Ask(Inquiry inquiry, Done done) override;
  absl::Status Ready() const override { return absl::OkStatus(); }

  std::vector<Inquiry> asked() const;

 private:
  const std::vector<std::string> perspectives_;
  mutable base::Mutex mutex_;
  Script script_ ABSL_GUARDED_BY(mutex_);
  std::vector<Inquiry> asked_ ABSL_GUARDED_BY(mutex_);
  base::WorkerPool pool_;  // last: its tasks use nothing of the above, but end before it goes
};

// A view with one nameserver that sees the expected values, and a resolver where the scope has one;
// or with a nameserver that does not.
View Agrees(const Question& question);
View Disagrees(observation::Outcome outcome);

// Whether it asks for an order's dns-01 tokens: the values of all other TXT records are ours, and
// no question asks for both.
bool IsAboutTokens(const Question& question);

}  // namespace cert::testing
