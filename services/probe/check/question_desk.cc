#include "probe/check/question_desk.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

// The TTL of the answer as a whole (RFC 2308, 5, for negative ones); zero without any record.
absl::Duration TtlOf(const Message& message) {
  absl::Duration ttl = absl::InfiniteDuration();
  for (const Record& record : message.answers) ttl = std::min(ttl, record.ttl);
  for (const Record& record : message.authority) {
    ttl = std::min(ttl, record.ttl);
    if (const auto* soa = std::get_if<SoaData>(&record.data)) ttl = std::min(ttl, soa->minimum);
  }
  return ttl == absl::InfiniteDuration() ? absl::ZeroDuration() : ttl;
}

std::size_t SizeOf(const std::vector<Record>& records) {
  std::size_t size = 0;
  for (const Record& record : records) {
    size += sizeof(Record) + record.owner.wire().size();
    if (const auto* text = std::get_if<std::string>(&record.data)) size += text->size();
    if (const auto* name = std::get_if<DnsName>(&record.data)) size += name->wire().size();
    if (const auto* caa = std::get_if<CaaData>(&record.data)) {
      size += caa->tag.size() + caa->value.size();
    }
  }
  return size;
}

std::size_t SizeOf(const Message& message) {
  return sizeof(Message) + SizeOf(message.answers) + SizeOf(message.authority) +
         SizeOf(message.additional);
}

const char* LimitedRole(const Asking& asking) {
  return asking.recursion_desired ? "recursive" : "authoritative";
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
      metrics_(metrics) {}

QuestionDesk::~QuestionDesk() {
  if (release_) timers_.CancelTimer(release_->second);
  if (handover_) timers_.CancelTimer(*handover_);
}

void QuestionDesk::Ask(Asking asking, Done done) {
  const absl::Time now = clock_.TimeNow();
  DropKept(now);
  const absl::Duration timeout = std::exchange(asking.timeout, absl::ZeroDuration());
  auto [found, is_new] = matters_.try_emplace(Key{.asking = std::move(asking)});
  if (!is_new) {
    Matter& same = found->second;
    if (same.kept_bytes > 0) {
      metrics_.Count("padlock_probe_questions_shared_total", {{"with", "answered"}});
      return HandOver(std::move(done), same.reply);
    }
    if (same.deadline <= now + timeout) {
      metrics_.Count("padlock_probe_questions_shared_total", {{"with", "in_flight"}});
      same.askers.push_back(std::move(done));
      return;
    }
    // Its reply may come later than this asker can wait.
    Key alone = found->first;
    alone.alone = ++last_alone_;
    found = matters_.try_emplace(std::move(alone)).first;
  }
  found->second.deadline = now + timeout;
  found->second.askers.push_back(std::move(done));
  Start(*found, now, timeout);
}

void QuestionDesk::Start(Entry& entry, absl::Time now, absl::Duration timeout) {
  const Asking& asking = entry.first.asking;
  const Pace& pace = asking.recursion_desired ? resolver_pace_ : nameserver_pace_;
  const absl::Time latest = now + std::min(timeout / 2, kLongestWait);
  const std::optional<absl::Time> use_time = BucketFor(asking, now).Take(pace, now, latest);
  if (!use_time) {
    metrics_.Count("padlock_probe_questions_limited_total",
                   {{"role", LimitedRole(asking)}, {"result", "refused"}});
    HandOver(std::move(entry.second.askers.front()),
             {.kind = Reply::Kind::kNotAsked,
              .note = "our own limit on how often this server is asked was reached"});
    matters_.erase(entry.first);
    return;
  }
  if (*use_time <= now) return Send(entry, now);
  metrics_.Count("padlock_probe_questions_limited_total",
                 {{"role", LimitedRole(asking)}, {"result", "delayed"}});
  entry.second.has_waited = true;
  waiting_.emplace(*use_time, &entry);
  ArmRelease(now);
}

TokenBucket& QuestionDesk::BucketFor(const Asking& asking, absl::Time now) {
  if (now >= generation_end_ || buckets_.size() >= options_.max_servers / 2) {
    older_buckets_ = std::exchange(buckets_, {});
    generation_end_ = now + kLongestWait +
                      std::max(RefillTime(resolver_pace_), RefillTime(nameserver_pace_));
  }
  const auto [bucket, is_new] =
      buckets_.try_emplace({asking.server, asking.recursion_desired}, TokenBucket());
  if (is_new) {
    const auto older = older_buckets_.find(bucket->first);
    if (older != older_buckets_.end()) bucket->second = older->second;
  }
  return bucket->second;
}

void QuestionDesk::Send(Entry& entry, absl::Time now) {
  Asking asking = entry.first.asking;
  asking.timeout = entry.second.deadline - now;
  asker_.Ask(std::move(asking),
             [this, &entry](Reply reply) { OnReply(entry, std::move(reply)); });
}

void QuestionDesk::OnReply(Entry& entry, Reply reply) {
  // A server that had less time to answer because of us has not been proved silent.
  if (entry.second.has_waited && reply.kind == Reply::Kind::kTimeout) {
    reply.kind = Reply::Kind::kNotAsked;
    reply.note =
        "our own limit on how often this server is asked left it less time to answer, and none "
        "came";
  }
  std::vector<Done> askers = std::move(entry.second.askers);
  entry.second.askers.clear();
  Keep(entry, reply, clock_.TimeNow());
  for (std::size_t i = 0; i + 1 < askers.size(); ++i) askers[i](reply);
  askers.back()(std::move(reply));
}

// For those who ask the same a moment later; or forgets the question.
void QuestionDesk::Keep(Entry& entry, const Reply& reply, absl::Time now) {
  DropKept(now);
  const std::size_t size = SizeOf(reply.message);
  const bool keep = reply.kind == Reply::Kind::kAnswered && entry.first.alone == 0 &&
                    TtlOf(reply.message) >= options_.share_time && size <= options_.max_kept_bytes;
  if (!keep) {
    matters_.erase(entry.first);
    return;
  }
  entry.second.reply = reply;
  entry.second.kept_bytes = size;
  kept_bytes_ += size;
  kept_.push_back({&entry, now + options_.share_time});
  while (kept_bytes_ > options_.max_kept_bytes) DropKept(kept_.front().end_time);
}

// Forgets the answers whose time is over.
void QuestionDesk::DropKept(absl::Time now) {
  while (!kept_.empty() && kept_.front().end_time <= now) {
    Entry& entry = *kept_.front().entry;
    kept_bytes_ -= entry.second.kept_bytes;
    kept_.pop_front();
    matters_.erase(entry.first);
  }
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
    for (auto& [asker, kept] : std::exchange(ready_, {})) asker(std::move(kept));
  });
}

}  // namespace probe
