// A Checker that answers at once, or holds what it is given.

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/mutex.h"
#include "probe/check/checker.h"

namespace probe::testing {

// Thread-safe.
class FakeChecker final : public Checker {
 public:
  enum class Manner { kAnswers, kHolds };
  explicit FakeChecker(Manner manner) : manner_(manner) {}

  void Start(Check check, Done done) override {
    {
      base::MutexLock lock(mutex_);
      started_.push_back(check);
      if (manner_ == Manner::kHolds) held_[check.id] = std::move(done);
      changed_.NotifyAll();
    }
    if (done) done(Matching(check.id));
  }
  void Cancel(const std::string& check_id) override {
    base::MutexLock lock(mutex_);
    held_.erase(check_id);
    cancelled_.push_back(check_id);
    changed_.NotifyAll();
  }

  // Answers everything that is held.
  void Release() {
    std::map<std::string, Done> released;
    {
      base::MutexLock lock(mutex_);
      released.swap(held_);
    }
    for (auto& [id, done] : released) done(Matching(id));
  }

  // Checks that were started, once there are `count`, or after 10 s.
  std::vector<Check> AwaitStarted(std::size_t count) { return Await(started_, count); }
  std::vector<std::string> AwaitCancelled(std::size_t count) { return Await(cancelled_, count); }

 private:
  static Report Matching(const std::string& check_id) {
    observation::Observation seen;
    seen.outcome = observation::Outcome::kMatch;
    seen.vote = observation::Vote::kAgree;
    seen.server = "ns1.example.test";
    return {.check_id = check_id, .observations = {seen}, .failure = ""};
  }
  template <typename T>
  std::vector<T> Await(const std::vector<T>& list, std::size_t count) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    base::MutexLock lock(mutex_);
    while (list.size() < count && !deadline.Expired()) {
      changed_.WaitFor(mutex_, deadline.Remaining());
    }
    return list;
  }

  const Manner manner_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<Check> started_;  // this and the next two: under mutex_
  std::vector<std::string> cancelled_;
  std::map<std::string, Done> held_;
};

}  // namespace probe::testing
