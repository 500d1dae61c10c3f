#include "probe/check/question_desk.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

const char* LimitedRole(const AskedQuestion& asked) {
  return asked.recursion_desired ? "recursive" : "authoritative";
}

// After this time an unused bucket is full again, whatever was borrowed from it.
absl::Duration RefillTime(const Pace& pace) { return pace.slack() + pace.interval(); }

constexpr absl::Duration kLongestWait = absl::Minutes(1);

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

void QuestionDesk::Ask(Asking asking, Done done) {
  const absl::Time now = clock_.TimeNow();
  const absl::Duration timeout = asking.timeout;
  const absl::Time since = now - asking.max_age;
  answers_.Expire(now);
  Key key{AskedQuestion(std::move(asking))};
  if (const Reply* recent = answers_.Find(key.asked, since)) {
    metrics_.Count("padlock_probe_questions_shared_total", {{"with", "answered"}});
    return HandOver(std::move(done), *recent);
  }
  auto [found, is_new] = matters_.try_emplace(std::move(key));
  if (!is_new && found->second.deadline <= now + timeout) {
    metrics_.Count("padlock_probe_questions_shared_total", {{"with", "in_flight"}});
    found->second.askers.push_back(std::move(done));
    return;
  }
  if (!is_new) {  // its reply may come later than this asker can wait
    Key alone = found->first;
    alone.alone = ++last_alone_;
    found = matters_.try_emplace(std::move(alone)).first;
  }
  found->second.deadline = now + timeout;
  found->second.askers.push_back(std::move(done));
  Start(*found, now, timeout);
}

void QuestionDesk::Start(Entry& entry, absl::Time now, absl::Duration timeout) {
  const AskedQuestion& asked = entry.first.asked;
  const Pace& pace = asked.recursion_desired ? resolver_pace_ : nameserver_pace_;
  const absl::Time latest = now + std::min(timeout / 2, kLongestWait);
  const std::optional<absl::Time> use_time = BucketFor(asked, now).Take(pace, now, latest);
  if (!use_time) {
    metrics_.Count("padlock_probe_questions_limited_total",
                   {{"role", LimitedRole(asked)}, {"result", "refused"}});
    HandOver(std::move(entry.second.askers.front()),
             {.kind = Reply::Kind::kNotAsked,
              .note = "our own limit on how often this server is asked was reached"});
    matters_.erase(entry.first);
    return;
  }
  if (*use_time <= now) return Send(entry, now);
  metrics_.Count("padlock_probe_questions_limited_total",
                 {{"role", LimitedRole(asked)}, {"result", "delayed"}});
  entry.second.has_waited = true;
  waiting_.emplace(*use_time, &entry);
  ArmRelease(now);
}

TokenBucket& QuestionDesk::BucketFor(const AskedQuestion& asked, absl::Time now) {
  if (now >= generation_end_ || buckets_.size() >= options_.max_servers / 2) {
    older_buckets_ = std::exchange(buckets_, {});
    generation_end_ =
        now + kLongestWait + std::max(RefillTime(resolver_pace_), RefillTime(nameserver_pace_));
  }
  const auto [bucket, is_new] =
      buckets_.try_emplace({asked.server, asked.recursion_desired}, TokenBucket());
  if (is_new) {
    const auto older = older_buckets_.find(bucket->first);
    if (older != older_buckets_.end()) bucket->second = older->second;
  }
  return bucket->second;
}

void QuestionDesk::Send(Entry& entry, absl::Time now) {
  const AskedQuestion& asked = entry.first.asked;
  asker_.Ask({.server = asked.server,
              .question = asked.question,
              .recursion_desired = asked.recursion_desired,
              .checking_disabled = asked.checking_disabled,
              .timeout = entry.second.deadline - now},
             [this, &entry](const Reply& reply) { OnReply(entry, reply); });
}

void QuestionDesk::OnReply(Entry& entry, const Reply& reply) {
  // A server that had less time to answer because of us has not been proved silent.
  if (entry.second.has_waited && reply.kind == Reply::Kind::kTimeout) {
    return Close(entry, {.kind = Reply::Kind::kNotAsked,
                         .note = "our own limit on how often this server is asked left it less "
                                 "time to answer, and none came"});
  }
  Close(entry, reply);
}

void QuestionDesk::Close(Entry& entry, const Reply& reply) {
  auto askers = std::move(entry.second.askers);
  answers_.Insert(entry.first.asked, reply, clock_.TimeNow());
  matters_.erase(entry.first);
  for (Done& asker : askers) asker(reply);
}

void QuestionDesk::ReleaseWaiting() {
  release_.reset();
  const absl::Time now = clock_.TimeNow();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Entry& entry = *waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    Send(entry, now);
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
