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

void QuestionDesk::Ask(Asking asking, Done done) {
  const absl::Time now = clock_.TimeNow();
  const absl::Duration timeout = asking.timeout;
  const absl::Time since = now - asking.max_age;
  answers_.Expire(now);
  AskedQuestion asked(std::move(asking));
  if (const Reply* recent = answers_.Find(asked, since)) {
    metrics_.Count("padlock_probe_questions_shared_total", {{"with", "answered"}});
    return HandOver(std::move(done), *recent);
  }
  const auto found = matters_.find(Key{asked});
  const bool is_new = found == matters_.end();
  if (!is_new && (*found)->deadline <= now + timeout) {
    metrics_.Count("padlock_probe_questions_shared_total", {{"with", "in_flight"}});
    (*found)->askers.push_back(std::move(done));
    return;
  }
  // Else its reply may come later than this asker can wait.
  Matter& matter = Open(std::move(asked), is_new ? 0 : ++last_alone_);
  matter.deadline = now + timeout;
  matter.askers.push_back(std::move(done));
  Start(matter, now, timeout);
}

QuestionDesk::Matter& QuestionDesk::Open(AskedQuestion asked, std::uint64_t alone) {
  std::unique_ptr<Matter> matter;
  if (spare_.empty()) {
    matter = std::make_unique<Matter>(Matter{.asked = std::move(asked)});
  } else {
    matter = std::move(spare_.back());
    spare_.pop_back();
    matter->asked = std::move(asked);
    matter->has_waited = false;
  }
  matter->alone = alone;
  return **matters_.insert(std::move(matter)).first;
}

// Returns those who want its reply.
absl::InlinedVector<QuestionDesk::Done, 1> QuestionDesk::Close(Matter& matter) {
  auto askers = std::exchange(matter.askers, {});
  auto closed = matters_.extract(matters_.find(Key{matter.asked, matter.alone}));
  spare_.push_back(std::move(closed.value()));
  return askers;
}

void QuestionDesk::Start(Matter& matter, absl::Time now, absl::Duration timeout) {
  const AskedQuestion& asked = matter.asked;
  const Pace& pace = asked.recursion_desired ? resolver_pace_ : nameserver_pace_;
  const absl::Time latest = now + std::min(Half(timeout), kLongestWait);
  const std::optional<absl::Time> use_time = BucketFor(asked, now).Take(pace, now, latest);
  if (!use_time) {
    metrics_.Count("padlock_probe_questions_limited_total",
                   {{"role", LimitedRole(asked)}, {"result", "refused"}});
    return HandOver(std::move(Close(matter).front()),
                    {.kind = Reply::Kind::kNotAsked,
                     .note = "our own limit on how often this server is asked was reached"});
  }
  if (*use_time <= now) return Send(matter, now);
  metrics_.Count("padlock_probe_questions_limited_total",
                 {{"role", LimitedRole(asked)}, {"result", "delayed"}});
  matter.has_waited = true;
  waiting_.emplace(*use_time, &matter);
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

void QuestionDesk::Send(Matter& matter, absl::Time now) {
  const AskedQuestion& asked = matter.asked;
  asker_.Ask({.server = asked.server,
              .question = asked.question,
              .recursion_desired = asked.recursion_desired,
              .checking_disabled = asked.checking_disabled,
              .timeout = matter.deadline - now},
             [this, &matter](const Reply& reply) { OnReply(matter, reply); });
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
