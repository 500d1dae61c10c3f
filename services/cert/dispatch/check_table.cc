#include "cert/dispatch/check_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace cert {
namespace {

constexpr absl::Duration kLongestInquiry = absl::Minutes(1);

Instant After(Instant now, absl::Duration duration) {
  return now + std::chrono::duration_cast<Instant::duration>(absl::ToChronoNanoseconds(duration));
}

View Failure(std::string worker, std::string failure) {
  View view;
  view.worker = std::move(worker);
  view.failure = std::move(failure);
  return view;
}

}  // namespace

const char* CheckEventName(CheckEvent event) {
  switch (event) {
    case CheckEvent::kReported:
      return "reported";
    case CheckEvent::kFailed:
      return "failed";
    case CheckEvent::kTimedOut:
      return "timed_out";
    case CheckEvent::kLost:
      return "lost";
    case CheckEvent::kNoWorker:
      return "no_worker";
    case CheckEvent::kQueueFull:
      return "queue_full";
    case CheckEvent::kStopped:
      return "stopped";
    case CheckEvent::kHedged:
      return "hedged";
    case CheckEvent::kSentAgain:
      return "sent_again";
    case CheckEvent::kReportIgnored:
      return "report_ignored";
  }
  return "unknown";
}

CheckTable::CheckTable(Options options, std::string id_prefix)
    : options_(std::move(options)), id_prefix_(std::move(id_prefix)) {
  for (const std::string& name : options_.perspectives) perspectives_.emplace_back().name = name;
}

InquiryKey CheckTable::Open(Inquiry inquiry, Instant now) {
  const InquiryKey key{++last_number_};
  OpenInquiry& opened = inquiries_[key];
  opened.end_time = After(now, std::clamp(inquiry.timeout, absl::ZeroDuration(), kLongestInquiry));
  opened.inquiry = std::move(inquiry);
  for (std::size_t q = 0; q < opened.inquiry.questions.size(); ++q) {
    Answer& answer = opened.evidence.emplace_back();
    answer.question = opened.inquiry.questions[q];
    answer.views.resize(perspectives_.size());
    for (std::size_t p = 0; p < perspectives_.size(); ++p) {
      answer.views[p].perspective = perspectives_[p].name;
      opened.checks.push_back(++last_number_);
      Check& check = checks_[last_number_];
      check.inquiry = key;
      check.question = q;
      check.perspective = p;
    }
  }
  opened.open = opened.checks.size();
  timers_.push(
      {.time = opened.end_time, .due = Due::kInquiryEnds, .key = static_cast<std::uint64_t>(key)});
  if (opened.open == 0) {
    effects_.finished.push_back({key, std::move(opened.evidence)});
    inquiries_.erase(key);
    return key;
  }
  // Closing the last check ends the inquiry, so its own list must not be walked meanwhile.
  const std::vector<CheckKey> checks = opened.checks;
  for (const CheckKey check : checks) Enqueue(check, now, /*again=*/false);
  for (std::size_t p = 0; p < perspectives_.size(); ++p) Pump(p, now);
  return key;
}

absl::StatusOr<WorkerKey> CheckTable::AddWorker(const WorkerInfo& info) {
  const auto found =
      std::find_if(perspectives_.begin(), perspectives_.end(),
                   [&](const Perspective& known) { return known.name == info.perspective; });
  if (found == perspectives_.end()) {
    return absl::NotFoundError(
        absl::StrFormat("perspective %s is not configured", info.perspective));
  }
  if (workers_.size() >= options_.worker_limit) {
    return absl::ResourceExhaustedError("too many workers are connected");
  }
  const WorkerKey key{++last_number_};
  Worker& worker = workers_[key];
  worker.id = info.id;
  worker.perspective = static_cast<std::size_t>(found - perspectives_.begin());
  found->workers.insert(key);
  return key;
}

void CheckTable::AddCredit(WorkerKey worker, std::uint32_t checks, Instant now) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  Hear(worker, now);
  std::uint32_t& credit = found->second.credit;
  credit += std::min(checks, options_.credit_limit - credit);
  Pump(found->second.perspective, now);
}

void CheckTable::Apply(WorkerKey worker, WorkerReport report, Instant now) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  Hear(worker, now);
  if (!found->second.attempts.contains(report.check_id)) {
    Tell(found->second.perspective, CheckEvent::kReportIgnored);
    return;
  }
  const CheckKey check = Detach(report.check_id);
  View view = Failure(found->second.id, std::move(report.failure));
  view.observations = std::move(report.observations);
  if (view.observations.empty()) {
    if (view.failure.empty()) view.failure = "the worker reported nothing";
    TryElsewhere(check, std::move(view), now);
  } else {
    Close(check, std::move(view), CheckEvent::kReported);
  }
}

void CheckTable::RemoveWorker(WorkerKey worker, Instant now) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  const Worker removed = std::move(found->second);
  Leave(perspectives_[removed.perspective], worker, now);
  for (const std::string& attempt : removed.attempts) {
    const CheckKey key = Detach(attempt);
    const Check& check = checks_.at(key);
    if (!check.attempts.empty()) continue;  // a twin has it
    if (check.attempts_made < options_.attempt_limit) {
      Enqueue(key, now, /*again=*/true);
    } else {
      Close(key, Failure(removed.id, "the worker was lost, as were those before it"),
            CheckEvent::kLost);
    }
  }
  workers_.erase(worker);
  Pump(removed.perspective, now);
}

void CheckTable::Advance(Instant now) {
  while (!timers_.empty() && timers_.top().time <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    switch (timer.due) {
      case Due::kInquiryEnds:
        EndInquiry(InquiryKey{timer.key}, now);
        break;
      case Due::kHedge:
        Hedge(timer.key, now);
        break;
      case Due::kNoWorker:
        GiveUpWaiting(timer.key, now);
        break;
    }
  }
}

std::optional<Instant> CheckTable::NextWake() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.top().time;
}

void CheckTable::Stop() {
  std::vector<CheckKey> keys;
  keys.reserve(checks_.size());
  for (const auto& [key, check] : checks_) keys.push_back(key);
  for (const CheckKey key : keys) {
    CloseWithFailure(key, "the service is stopping", CheckEvent::kStopped);
  }
}

Effects CheckTable::TakeEffects() { return std::exchange(effects_, {}); }

CheckTable::Sizes CheckTable::SizesOf(std::size_t perspective) const {
  const Perspective& sized = perspectives_[perspective];
  return {
      .workers = sized.workers.size(), .queued = sized.queue.Size(), .in_flight = sized.in_flight};
}

// A check that is sent again goes past the limit: it had its place already.
void CheckTable::Enqueue(CheckKey key, Instant now, bool again) {
  const Check& check = checks_.at(key);
  Perspective& perspective = perspectives_[check.perspective];
  const std::string& tenant = inquiries_.at(check.inquiry).inquiry.tenant.text();
  if (again) {
    perspective.queue.PushFront(tenant, key);
    Tell(check.perspective, CheckEvent::kSentAgain);
  } else if (perspective.queue.Size() < options_.queue_limit) {
    perspective.queue.PushBack(tenant, key);
  } else {
    CloseWithFailure(key, "too many checks are waiting", CheckEvent::kQueueFull);
    return;
  }
  if (perspective.workers.empty()) AwaitWorker(key, now);
}

void CheckTable::Pump(std::size_t perspective, Instant now) {
  FairQueue& queue = perspectives_[perspective].queue;
  while (const std::optional<CheckKey> key = queue.Front()) {
    const Check& check = checks_.at(*key);
    if (inquiries_.at(check.inquiry).end_time <= now) {
      EndInquiry(check.inquiry, now);
      continue;
    }
    const std::optional<WorkerKey> worker = PickWorker(check);
    if (!worker.has_value()) return;
    queue.Pop();
    SendTo(*worker, *key, now);
  }
}

// Of the workers with credit: one that has not tried it before, with the most credit left. Never
// one that holds it.
std::optional<WorkerKey> CheckTable::PickWorker(const Check& check) const {
  std::optional<WorkerKey> best;
  std::pair<bool, std::uint32_t> best_rank{false, 0};
  for (const WorkerKey key : perspectives_[check.perspective].workers) {
    const Worker& worker = workers_.at(key);
    const bool holds = std::any_of(check.attempts.begin(), check.attempts.end(),
                                   [&](const auto& id) { return worker.attempts.contains(id); });
    const std::pair rank{!check.tried.contains(key), worker.credit};
    if (worker.credit == 0 || holds || (best.has_value() && rank <= best_rank)) continue;
    best = key;
    best_rank = rank;
  }
  return best;
}

void CheckTable::SendTo(WorkerKey worker, CheckKey key, Instant now) {
  Check& check = checks_.at(key);
  const OpenInquiry& opened = inquiries_.at(check.inquiry);
  const std::string id = absl::StrFormat("%s-%d", id_prefix_, ++last_number_);
  --workers_.at(worker).credit;
  workers_.at(worker).attempts.insert(id);
  attempts_[id] = {.check = key, .worker = worker};
  check.attempts.insert(id);
  check.tried.insert(worker);
  ++check.attempts_made;
  ++perspectives_[check.perspective].in_flight;

  const absl::Duration left =
      std::max(absl::FromChrono(opened.end_time - now), absl::ZeroDuration());
  const absl::Duration timeout = left - std::min(options_.report_margin, left / 4);
  if (check.attempts.size() == 1 && check.attempts_made < options_.attempt_limit) {
    check.hedge_time = After(now, timeout / 2);
    timers_.push({.time = check.hedge_time, .due = Due::kHedge, .key = key});
  }
  effects_.sends.push_back({.worker = worker,
                            .check = {.id = id,
                                      .request_id = opened.inquiry.request_id,
                                      .question = opened.inquiry.questions[check.question],
                                      .timeout = timeout}});
}

CheckTable::CheckKey CheckTable::Detach(const std::string& attempt_id) {
  const auto found = attempts_.find(attempt_id);
  const Attempt attempt = found->second;
  attempts_.erase(found);
  Check& check = checks_.at(attempt.check);
  check.attempts.erase(attempt_id);
  workers_.at(attempt.worker).attempts.erase(attempt_id);
  --perspectives_[check.perspective].in_flight;
  return attempt.check;
}

void CheckTable::TryElsewhere(CheckKey key, View failed, Instant now) {
  const Check& check = checks_.at(key);
  if (!check.attempts.empty()) return;  // a twin has it
  const std::set<WorkerKey>& workers = perspectives_[check.perspective].workers;
  const bool another =
      !std::includes(check.tried.begin(), check.tried.end(), workers.begin(), workers.end());
  if (!another || check.attempts_made >= options_.attempt_limit) {
    Close(key, std::move(failed), CheckEvent::kFailed);
    return;
  }
  const std::size_t perspective = check.perspective;
  Enqueue(key, now, /*again=*/true);
  Pump(perspective, now);
}

void CheckTable::Close(CheckKey key, View view, CheckEvent event) {
  const Check check = checks_.at(key);
  Tell(check.perspective, event);
  for (const std::string& attempt : check.attempts) {
    effects_.cancels.push_back({attempts_.at(attempt).worker, attempt});
    Detach(attempt);
  }
  perspectives_[check.perspective].queue.Erase(key);
  checks_.erase(key);

  OpenInquiry& opened = inquiries_.at(check.inquiry);
  view.perspective = perspectives_[check.perspective].name;
  opened.evidence[check.question].views[check.perspective] = std::move(view);
  if (--opened.open > 0) return;
  effects_.finished.push_back({check.inquiry, std::move(opened.evidence)});
  inquiries_.erase(check.inquiry);
}

void CheckTable::CloseWithFailure(CheckKey key, std::string failure, CheckEvent event) {
  const Check& check = checks_.at(key);
  std::string worker;
  if (!check.attempts.empty()) {
    worker = workers_.at(attempts_.at(*check.attempts.begin()).worker).id;
  }
  Close(key, Failure(std::move(worker), std::move(failure)), event);
}

void CheckTable::EndInquiry(InquiryKey key, Instant now) {
  const auto found = inquiries_.find(key);
  if (found == inquiries_.end()) return;
  const std::vector<CheckKey> checks = found->second.checks;
  for (const CheckKey check : checks) {
    const auto open = checks_.find(check);
    if (open == checks_.end()) continue;
    const char* failure = open->second.attempts.empty() ? "no worker had room for it in time"
                                                        : "the worker did not report in time";
    for (const std::string& attempt : open->second.attempts) {
      Silence(attempts_.at(attempt).worker, now);
    }
    CloseWithFailure(check, failure, CheckEvent::kTimedOut);
  }
}

void CheckTable::Hear(WorkerKey worker, Instant now) {
  const std::size_t perspective = workers_.at(worker).perspective;
  if (perspectives_[perspective].workers.insert(worker).second) Pump(perspective, now);
}

void CheckTable::Silence(WorkerKey worker, Instant now) {
  Leave(perspectives_[workers_.at(worker).perspective], worker, now);
}

void CheckTable::Leave(Perspective& perspective, WorkerKey worker, Instant now) {
  perspective.workers.erase(worker);
  if (!perspective.workers.empty()) return;
  for (const CheckKey waiting : perspective.queue.Keys()) AwaitWorker(waiting, now);
}

void CheckTable::Hedge(CheckKey key, Instant now) {
  const auto found = checks_.find(key);
  if (found == checks_.end()) return;
  const Check& check = found->second;
  if (check.attempts.size() != 1 || check.attempts_made >= options_.attempt_limit) return;
  if (now < check.hedge_time) return;  // it was sent again since
  const std::optional<WorkerKey> twin = PickWorker(check);
  if (!twin.has_value()) return;
  Tell(check.perspective, CheckEvent::kHedged);
  SendTo(*twin, key, now);
}

void CheckTable::GiveUpWaiting(CheckKey key, Instant now) {
  const auto found = checks_.find(key);
  if (found == checks_.end() || now < found->second.give_up_time) return;
  const Perspective& perspective = perspectives_[found->second.perspective];
  if (!perspective.workers.empty() || !perspective.queue.Contains(key)) return;
  CloseWithFailure(key, "no worker of this perspective answers", CheckEvent::kNoWorker);
}

void CheckTable::AwaitWorker(CheckKey key, Instant now) {
  Instant& give_up_time = checks_.at(key).give_up_time;
  give_up_time = After(now, options_.worker_wait);
  timers_.push({.time = give_up_time, .due = Due::kNoWorker, .key = key});
}

void CheckTable::Tell(std::size_t perspective, CheckEvent event) {
  effects_.tallies.push_back({perspectives_[perspective].name, event});
}

}  // namespace cert
