#include "probe/core/recent_answers.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

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

}  // namespace

void RecentAnswers::Insert(const AskedQuestion& asked, const Reply& reply, absl::Time now) {
  if (!WasJustSeen(asked, now)) return;
  Erase(asked);
  const std::size_t bytes = SizeOf(reply.message);
  if (reply.kind != Reply::Kind::kAnswered || TtlOf(reply.message) < options_.keep_time ||
      bytes > options_.max_bytes) {
    return;
  }
  const auto entry =
      entries_.try_emplace(asked, Entry{.reply = reply, .answer_time = now, .bytes = bytes}).first;
  entry->second.place = order_.insert(order_.end(), &*entry);
  bytes_ += bytes;
  while (bytes_ > options_.max_bytes) Erase(order_.front()->first);
}

bool RecentAnswers::WasJustSeen(const AskedQuestion& asked, absl::Time now) {
  // Time in moments: the same question of this one or the one before.
  const std::int64_t length =
      std::max<std::int64_t>(1, absl::ToInt64Milliseconds(options_.keep_time));
  const auto moment = static_cast<std::uint64_t>(absl::ToUnixMillis(now) / length);
  std::uint16_t& seen = seen_[asked.hash % kSeen];
  const auto current = static_cast<std::uint16_t>((asked.hash >> 32U) + moment);
  const bool just_seen = seen == current || seen == static_cast<std::uint16_t>(current - 1);
  seen = current;
  return just_seen;
}

const Reply* RecentAnswers::Find(const AskedQuestion& asked, absl::Time since) const {
  if (entries_.empty()) return nullptr;  // as nearly always
  const auto found = entries_.find(asked);
  if (found == entries_.end() || found->second.answer_time < since) return nullptr;
  return &found->second.reply;
}

void RecentAnswers::Expire(absl::Time now) {
  while (!order_.empty() && order_.front()->second.answer_time + options_.keep_time <= now) {
    Erase(order_.front()->first);
  }
}

void RecentAnswers::Erase(const AskedQuestion& asked) {
  const auto found = entries_.find(asked);
  if (found == entries_.end()) return;
  bytes_ -= found->second.bytes;
  order_.erase(found->second.place);
  entries_.erase(found);
}

}  // namespace probe
