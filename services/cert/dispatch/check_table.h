// The dispatcher's bookkeeping, as a data structure driven by events and the time: no threads, no
// clock, no I/O. What has to be done about an event is collected as Effects.
//
//   inquiry --questions × perspectives--> checks --sending--> attempts at workers
//
//                 +--- worker lost, or it failed and another is there ---+
//                 v                                                      |
//   Open --> queued (per perspective, fair between tenants) --credit--> sent --report--> closed
//                 |                                                      |                 ^
//                 +-------- deadline, no worker, too many attempts ------+-----------------+
//
// After half of its time a check is sent to a second worker, too: the first report closes it.
//
// A worker that lets its time pass in silence is sent nothing more until it is heard again: its
// stream may lead nowhere, which TCP notices late. (A cancelled check gives its credit back, so one
// that is there is heard.)
//
// A check is closed once, with one view; when the last check of an inquiry is closed, so is the
// inquiry. A report counts only from the worker that holds the attempt.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/inquiry.h"
#include "cert/dispatch/fair_queue.h"
#include "cert/dispatch/worker_session.h"

namespace cert {

using Instant = std::chrono::steady_clock::time_point;
enum class WorkerKey : std::uint64_t {};
enum class InquiryKey : std::uint64_t {};

struct WorkerInfo {
  std::string id;  // the worker's own word for itself; it may connect twice
  std::string perspective;
};

enum class CheckEvent {
  kReported,
  kFailed,  // the worker said that it could not, and nobody else could either
  kTimedOut,
  kLost,  // too many workers were lost while they held it
  kNoWorker,
  kQueueFull,
  kStopped,
  // These do not close a check:
  kHedged,
  kSentAgain,
  kReportIgnored,  // late, second or foreign
};
const char* CheckEventName(CheckEvent event);

struct Effects {
  struct Send {
    WorkerKey worker;
    WorkerCheck check;
  };
  struct Cancel {
    WorkerKey worker;
    std::string check_id;
  };
  struct Finished {
    InquiryKey inquiry;
    Evidence evidence;
  };
  struct Tally {
    std::string perspective;
    CheckEvent event;
  };
  // In the order in which they must be carried out.
  std::vector<Send> sends;
  std::vector<Cancel> cancels;
  std::vector<Finished> finished;
  std::vector<Tally> tallies;

  bool empty() const {
    return sends.empty() && cancels.empty() && finished.empty() && tallies.empty();
  }
};

// Not thread-safe.
class CheckTable {
 public:
  struct Options {
    std::vector<std::string> perspectives;  // in the order of every Answer's views
    std::size_t queue_limit = 10'000;       // checks waiting in one perspective
    std::size_t worker_limit = 1'000;
    std::uint32_t credit_limit = 65'536;  // of one worker; more is not counted
    int attempt_limit = 3;                // so that a check that kills workers ends
    // How long a check waits for a worker of a perspective that has none.
    absl::Duration worker_wait = absl::Seconds(2);
    // A worker is given this much less time than the inquiry has (at most a quarter less), so that
    // its report of who did not answer still arrives.
    absl::Duration report_margin = absl::Seconds(1);
  };
  struct Sizes {
    std::size_t workers = 0;  // that answer
    std::size_t queued = 0;
    std::size_t in_flight = 0;
  };

  // Attempts are called "<id_prefix>-<number>".
  CheckTable(Options options, std::string id_prefix);

  // Inquiries longer than a minute are cut to it.
  InquiryKey Open(Inquiry inquiry, Instant now);

  // It has no credit yet. NOT_FOUND: the perspective is not configured. RESOURCE_EXHAUSTED: too
  // many workers.
  absl::StatusOr<WorkerKey> AddWorker(const WorkerInfo& info);
  // The next three ignore a worker that was removed.
  void AddCredit(WorkerKey worker, std::uint32_t checks, Instant now);
  void Apply(WorkerKey worker, WorkerReport report, Instant now);
  void RemoveWorker(WorkerKey worker, Instant now);

  // Does what is due.
  void Advance(Instant now);
  std::optional<Instant> NextWake() const;

  // Closes every inquiry: we are going away.
  void Stop();

  bool HasEffects() const { return !effects_.empty(); }
  Effects TakeEffects();
  Sizes SizesOf(std::size_t perspective) const;

 private:
  using CheckKey = FairQueue::Key;

  struct Perspective {
    std::string name;
    FairQueue queue;
    std::set<WorkerKey> workers;  // without those that are silent
    std::size_t in_flight = 0;
  };
  struct Worker {
    std::string id;
    std::size_t perspective = 0;
    std::uint32_t credit = 0;
    std::set<std::string> attempts;  // ids of those it holds
  };
  struct Attempt {
    CheckKey check = 0;
    WorkerKey worker{};
  };
  struct Check {
    InquiryKey inquiry{};
    std::size_t question = 0;
    std::size_t perspective = 0;
    std::set<std::string> attempts;  // those that are out
    std::set<WorkerKey> tried;
    int attempts_made = 0;
    Instant hedge_time;    // of the last sending
    Instant give_up_time;  // if no worker has come by then
  };
  struct OpenInquiry {
    Inquiry inquiry;
    Evidence evidence;
    Instant end_time;
    std::vector<CheckKey> checks;
    std::size_t open = 0;
  };
  enum class Due { kInquiryEnds, kHedge, kNoWorker };
  struct Timer {
    Instant time;
    Due due = Due::kInquiryEnds;
    std::uint64_t key = 0;  // of an inquiry or a check; one that is gone is skipped
    bool operator>(const Timer& other) const { return time > other.time; }
  };

  void Enqueue(CheckKey key, Instant now, bool again);
  void Pump(std::size_t perspective, Instant now);
  std::optional<WorkerKey> PickWorker(const Check& check) const;
  void SendTo(WorkerKey worker, CheckKey key, Instant now);
  // The attempt is over; returns its check's key.
  CheckKey Detach(const std::string& attempt_id);
  void TryElsewhere(CheckKey key, View failed, Instant now);
  void Close(CheckKey key, View view, CheckEvent event);
  void CloseWithFailure(CheckKey key, std::string failure, CheckEvent event);
  void EndInquiry(InquiryKey key, Instant now);
  // It was heard, or did not report in time.
  void Hear(WorkerKey worker, Instant now);
  void Silence(WorkerKey worker, Instant now);
  // The perspective cannot be asked through it.
  void Leave(Perspective& perspective, WorkerKey worker, Instant now);
  void Hedge(CheckKey key, Instant now);
  void GiveUpWaiting(CheckKey key, Instant now);
  void AwaitWorker(CheckKey key, Instant now);
  void Tell(std::size_t perspective, CheckEvent event);

  const Options options_;
  const std::string id_prefix_;
  std::vector<Perspective> perspectives_;
  std::map<WorkerKey, Worker> workers_;
  std::unordered_map<CheckKey, Check> checks_;
  std::unordered_map<std::string, Attempt> attempts_;
  std::map<InquiryKey, OpenInquiry> inquiries_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  Effects effects_;
  std::uint64_t last_number_ = 0;  // of anything that is numbered here
};

}  // namespace cert
