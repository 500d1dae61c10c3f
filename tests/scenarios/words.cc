#include "scenarios/words.h"

#include <algorithm>

#include "scenarios/caa_sets.h"

namespace scenarios {
namespace {

using probe::Message;
using probe::Record;
using probe::RrType;

bool HasValues(const Message& message, const Hop& hop) {
  return std::ranges::all_of(hop.values, [&](const std::string& value) {
    return std::ranges::any_of(message.answers, [&](const Record& record) {
      const auto* text = std::get_if<std::string>(&record.data);
      return record.owner == hop.question.name && text != nullptr && *text == value;
    });
  });
}

bool SaysYes(const Message& message, const Hop& hop) {
  if (!hop.alias) return HasValues(message, hop);
  return std::ranges::any_of(message.answers, [&](const Record& record) {
    return record.owner == hop.question.name && record.type == RrType::kCname &&
           std::get<probe::DnsName>(record.data) == *hop.alias;
  });
}

bool HasAlias(const Message& message, const Hop& hop) {
  return hop.question.type != RrType::kCname &&
         std::ranges::any_of(message.answers, [&](const Record& record) {
           return record.owner == hop.question.name && record.type == RrType::kCname;
         });
}

bool IsReadable(const std::optional<Message>& message) {
  return message && message->authoritative && !message->truncated;
}

}  // namespace

bool HasAddress(const Message& message) {
  return std::ranges::any_of(message.answers, [](const Record& record) {
    return record.type == RrType::kA || record.type == RrType::kAaaa;
  });
}

bool HoldsExpected(const Message& message, const cert::Question& question) {
  return std::ranges::all_of(question.expected_values, [&](const std::string& value) {
    return std::ranges::any_of(message.answers, [&](const Record& record) {
      const auto* text = std::get_if<std::string>(&record.data);
      const auto* target = std::get_if<probe::DnsName>(&record.data);
      return (text != nullptr && *text == value) ||
             (target != nullptr && target->ToString() == value);
    });
  });
}

void Hear(const std::optional<Message>& message, const Subject& subject, const Hop& hop,
          Words& words) {
  if (!IsReadable(message)) {
    words.nothing = true;
  } else if (subject.climbs()) {
    const CaaWord word = ReadCaa(*message, hop, subject.question.caa->wildcard);
    words.empty |= word == CaaWord::kEmpty;
    words.yes |= word == CaaWord::kAllows;
    words.no |= word == CaaWord::kForbids;
  } else {
    (SaysYes(*message, hop) ? words.yes : words.no) = true;
    words.elsewhere |= HasAlias(*message, hop);
  }
}

void HearOfHost(const std::optional<Message>& v6, const std::optional<Message>& v4, Words& words) {
  if (!IsReadable(v6) || !IsReadable(v4)) {
    words.nothing = true;
  } else {
    (HasAddress(*v6) || HasAddress(*v4) ? words.yes : words.no) = true;
  }
}

bool HoldsAddress(const std::optional<Message>& message, const probe::IpAddress& address) {
  return IsReadable(message) && std::ranges::any_of(message->answers, [&](const Record& record) {
           const auto* held = std::get_if<probe::IpAddress>(&record.data);
           return held != nullptr && *held == address;
         });
}

void Hear(WebManner manner, Words& words) {
  switch (manner) {
    case WebManner::kToken:
      words.yes = true;
      break;
    case WebManner::kOther:
    case WebManner::kMissing:
    case WebManner::kError:
      words.no = true;
      break;
    case WebManner::kNonsense:
    case WebManner::kSilent:
    case WebManner::kClosed:
      words.nothing = true;
      break;
  }
}

}  // namespace scenarios
