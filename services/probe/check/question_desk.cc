#include "probe/check/question_desk.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "probe/core/prefetch.h"

namespace probe {
namespace {

const char* LimitedRole(const Asking& asking) {
  return asking.recursion_desired ? "recursive" : "authoritative";
}

// After this time an unused bucket is full again, whatever was borrowed from it.
absl::Duration RefillTime(const Pace& pace) { return pace.slack() + pace.interval(); }

constexpr absl::Duration kLongestWait = absl::Minutes(1);

// Dividing a Duration is several times slower.
absl::Duration Half(absl::Duration timeout) {
  return absl::Nanoseconds(absl::ToInt64Nanoseconds(timeout) / 2);
}

}  // namespace

QuestionDesk::QuestionDesk(Options options, Asker& asker, Timers& timers, const base::Clock& clock,
                           base::Metrics& metrics)
    : options_(options),
      resolver_pace_(options.resolver_limit),
      nameserver_pace_(options.nameserver_limit),
      asker_(asker),
      timers_(timers),
      clock_(clock),
      metrics_(metrics),
      answers_(options.recent) {}

QuestionDesk::~QuestionDesk() {
  if (release_) timers_.CancelTimer(release_->second);
  if (handover_) timers_.CancelTimer(*handover_);
}

void QuestionDesk::Ask(const Asking& asking, Done done) {
  const absl::Time now = clock_.TimeNow();
  const absl::Duration timeout = asking.timeout;
  answers_.Expire(now);
  // Written down where it will stay if it is a new one, as nearly always.
  Matter& matter = TakeSpare();
  matter.asked = AskedQuestion(asking);
  if (const Reply* recent = answers_.Find(matter.asked, now - asking.max_age)) {
    metrics_.Count("padlock_probe_questions_shared_total", {{"with", "answered"}});
    spare_.push_back(&matter);
    return HandOver(std::move(done), *recent);
  }
  const auto [open, is_new] = open_.try_emplace(matter.asked.hash, &matter);
  Matter& other = *open->second;
  if (!is_new && other.asked == matter.asked && other.deadline <= now + timeout) {
    metrics_.Count("padlock_probe_questions_shared_total", {{"with", "in_flight"}});
    spare_.push_back(&matter);
    return other.askers.push_back(std::move(done));
  }
  // Where there is one all the same, its reply may come later than this asker can wait.
  matter.is_shared = is_new;
  matter.has_waited = false;
  matter.deadline = now + timeout;
  matter.askers.push_back(std::move(done));
  Start(matter, now, timeout);
}

QuestionDesk::Matter& QuestionDesk::TakeSpare() {
  if (spare_.empty()) return matters_.emplace_back();
  Matter& matter = *spare_.back();
  spare_.pop_back();
  return matter;
}

// Returns those who want its reply.
absl::InlinedVector<QuestionDesk::Done, 1> QuestionDesk::Close(Matter& matter) {
  if (matter.is_shared) open_.erase(matter.asked.hash);
  spare_.push_back(&matter);
  return std::exchange(matter.askers, {});
}

void QuestionDesk::Start(Matter& matter, absl::Time now, absl::Duration timeout) {
  const Asking& asking = matter.asked.asking;
  const Pace& pace = asking.recursion_desired ? resolver_pace_ : nameserver_pace_;
  const absl::Time latest = now + std::min(Half(timeout), kLongestWait);
  const std::optional<absl::Time> use_time =
      BucketFor(matter.asked.server_hash, now).Take(pace, now, latest);
  if (!use_time) {
    metrics_.Count("padlock_probe_questions_limited_total",
                   {{"role", LimitedRole(asking)}, {"result", "refused"}});
    return HandOver(std::move(Close(matter).front()),
                    {.kind = Reply::Kind::kNotAsked,
                     .note = "our own limit on how often this server is asked was reached"});
  }
  if (*use_time <= now) return Send(matter, now);
  metrics_.Count("padlock_probe_questions_limited_total",
                 {{"role", LimitedRole(asking)}, {"result", "delayed"}});
  matter.has_waited = true;
  waiting_.emplace(*use_time, &matter);
  ArmRelease(now);
}

TokenBucket& QuestionDesk::BucketFor(std::size_t server_hash, absl::Time now) {
  if (now >= generation_end_ || buckets_.size() >= options_.max_servers / 2) {
    older_buckets_ = std::exchange(buckets_, {});
    generation_end_ =
        now + kLongestWait + std::max(RefillTime(resolver_pace_), RefillTime(nameserver_pace_));
  }
  const auto [bucket, is_new] = buckets_.try_emplace(server_hash);
  if (is_new) {
    const auto older = older_buckets_.find(server_hash);
    if (older != older_buckets_.end()) bucket->second = older->second;
  }
  return bucket->second;
}

void QuestionDesk::Send(Matter& matter, absl::Time now) {
  matter.asked.asking.timeout = matter.deadline - now;
  asker_.Ask(matter.asked.asking, ToMatter{this, &matter});
}

void QuestionDesk::ToMatter::Prefetch(int step) const {
  if (step == 0) return PrefetchWhole(matter);
  if (!matter->askers.empty()) matter->askers.front().Prefetch(step - 1);
}

void QuestionDesk::OnReply(Matter& matter, const Reply& reply) {
  // A server that had less time to answer because of us has not been proved silent.
  if (matter.has_waited && reply.kind == Reply::Kind::kTimeout) {
    return PassOn(matter, {.kind = Reply::Kind::kNotAsked,
                           .note = "our own limit on how often this server is asked left it less "
                                   "time to answer, and none came"});
  }
  PassOn(matter, reply);
}

void QuestionDesk::PassOn(Matter& matter, const Reply& reply) {
  answers_.Insert(matter.asked, reply, clock_.TimeNow());
  for (Done& asker : Close(matter)) asker(reply);
}

void QuestionDesk::ReleaseWaiting() {
  release_.reset();
  const absl::Time now = clock_.TimeNow();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Matter& matter = *waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    Send(matter, now);
  }
  ArmRelease(now);
}

// One timer, for the first in the queue.
void QuestionDesk::ArmRelease(absl::Time now) {
  if (waiting_.empty()) return;
  const absl::Time first = waiting_.begin()->first;
  if (release_) {
    if (release_->first <= first) return;
    timers_.CancelTimer(release_->second);
  }
  release_.emplace(first, timers_.After(first - now, [this] { ReleaseWaiting(); }));
}

// Calls back soon, but not from within Ask.
void QuestionDesk::HandOver(Done done, Reply reply) {
  ready_.emplace_back(std::move(done), std::move(reply));
  if (handover_) return;
  handover_ = timers_.After(absl::ZeroDuration(), [this] {
    handover_.reset();
    for (auto& [asker, kept] : std::exchange(ready_, {})) asker(kept);
  });
}

}  // namespace probe
