#include "probe/core/reading.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;
using observation::RecordType;
using observation::Vote;

constexpr std::size_t kMaxValues = 16;
// In octets. A service takes no more, and a name with escapes is longer.
constexpr std::size_t kMaxTextLength = 512;

void Conclude(Observation& observation, Outcome outcome) {
  observation.outcome = outcome;
  observation.vote = VoteFor(outcome);
}

// RFC 8914: 6 DNSSEC bogus … 12 NSEC missing.
bool IsDnssecError(std::optional<int> code) { return code && *code >= 6 && *code <= 12; }

const Record* FindRecord(const std::vector<Record>& records, const DnsName& owner, RrType type) {
  const auto found = std::ranges::find_if(
      records, [&](const Record& r) { return r.owner == owner && r.type == type; });
  return found == records.end() ? nullptr : &*found;
}

std::string Shortened(std::string text) {
  if (text.size() > kMaxTextLength) text.resize(kMaxTextLength);
  return text;
}

// As an observation shows it; matching never uses this shortened form.
std::string Shown(const Record& record) {
  std::string text;
  if (const auto* name = std::get_if<DnsName>(&record.data)) {
    text = name->ToString();
  } else if (const auto* octets = std::get_if<std::string>(&record.data)) {
    text = EscapeText(*octets);
  } else if (const auto* caa = std::get_if<CaaData>(&record.data)) {
    text =
        absl::StrFormat("%d %s \"%s\"", caa->flags, EscapeText(caa->tag), EscapeText(caa->value));
  }
  return Shortened(std::move(text));
}

bool HoldsValue(const Record& record, const std::string& expected) {
  if (const auto* octets = std::get_if<std::string>(&record.data)) return *octets == expected;
  if (const auto* name = std::get_if<DnsName>(&record.data)) {
    const absl::StatusOr<DnsName> target = DnsName::Parse(expected);
    return target.ok() && *target == *name;
  }
  return Shown(record) == expected;
}

// Records of the type stand at `owner`: are the expected ones among them?
void ReadValues(const Message& message, const DnsName& owner, RrType type,
                const Expectation& expectation, Observation& observation) {
  std::vector<const Record*> found;
  for (const Record& record : message.answers) {
    if (record.owner == owner && record.type == type) found.push_back(&record);
  }
  observation.ttl = found.front()->ttl;
  for (const Record* record : found) {
    observation.ttl = std::min(observation.ttl, record->ttl);
    if (observation.values.size() < kMaxValues) observation.values.push_back(Shown(*record));
  }
  const bool all = std::ranges::all_of(expectation.values, [&](const std::string& value) {
    return std::ranges::any_of(found, [&](const Record* r) { return HoldsValue(*r, value); });
  });
  Conclude(observation, all ? Outcome::kMatch : Outcome::kMismatch);
}

// NXDOMAIN or NODATA, and for how long that may be believed (RFC 2308, 5).
void ReadNegative(const Message& message, Observation& observation) {
  Conclude(observation, message.rcode == kRcodeNameError ? Outcome::kNoSuchName : Outcome::kNoData);
  for (const Record& record : message.authority) {
    const auto* soa = std::get_if<SoaData>(&record.data);
    if (soa == nullptr) continue;
    observation.ttl = record.ttl;
    observation.negative_ttl = std::min(record.ttl, soa->minimum);
    observation.soa_serial = soa->serial;
  }
}

// Response codes that are no answer. Returns false for those that are.
bool ReadFailure(const Message& message, Observation& observation) {
  observation.rcode = message.rcode;
  observation.extended_error = message.extended_error;
  observation.authenticated_data = message.authenticated_data;
  switch (message.rcode) {
    case kRcodeNoError:
    case kRcodeNameError:
      if (!message.truncated) return false;
      Conclude(observation, Outcome::kTruncated);
      return true;
    case kRcodeRefused:
      Conclude(observation, Outcome::kRefused);
      return true;
    case kRcodeNotAuthoritative:
      Conclude(observation, Outcome::kLame);
      return true;
    default:
      break;
  }
  const bool bogus = message.rcode == kRcodeServerFailure && IsDnssecError(message.extended_error);
  Conclude(observation, bogus ? Outcome::kBogus : Outcome::kServfail);
  if (message.rcode != kRcodeServerFailure) {
    observation.note = absl::StrFormat("the server answered with error code %d", message.rcode);
  }
  return true;
}

bool HasAnySoa(const Message& message) {
  return std::ranges::any_of(message.authority,
                             [](const Record& r) { return r.type == RrType::kSoa; });
}

// Says what a nameserver that does not answer for the zone did instead.
std::string LameNote(const Message& message, const DnsName& zone) {
  if (!message.answers.empty()) return "the answer is not authoritative";
  for (const Record& record : message.authority) {
    if (record.type != RrType::kNs) continue;
    const bool upward = !record.owner.IsSubdomainOf(zone) || record.owner == zone;
    return absl::StrFormat("the server only refers to the nameservers of \"%s\"%s",
                           record.owner.ToString(), upward ? "" : ", a zone below");
  }
  return "the answer is empty and not authoritative";
}

Reading Start(const DnsName& owner) {
  Reading reading;
  reading.observation.owner = owner.ToString();
  return reading;
}

}  // namespace

std::optional<RrType> QuestionType(RecordType type) {
  switch (type) {
    case RecordType::kTxt:
      return RrType::kTxt;
    case RecordType::kCname:
      return RrType::kCname;
    case RecordType::kCaa:
      return RrType::kCaa;
    case RecordType::kHttp:
      break;
  }
  return std::nullopt;
}

Vote VoteFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMatch:
      return Vote::kAgree;
    case Outcome::kMismatch:
    case Outcome::kNoData:
    case Outcome::kNoSuchName:
    case Outcome::kCnameInTheWay:
    case Outcome::kWildcardSynthesis:
    case Outcome::kBogus:
    case Outcome::kStale:
    case Outcome::kCnameLoop:
      return Vote::kDisagree;
    case Outcome::kLame:
    case Outcome::kRefused:
    case Outcome::kServfail:
    case Outcome::kTimeout:
    case Outcome::kUnreachable:
    case Outcome::kMalformed:
    case Outcome::kTruncated:
    case Outcome::kNotAsked:
      return Vote::kCouldNotTell;
  }
  return Vote::kCouldNotTell;
}

Reading ReadAuthoritative(const Message& message, const Question& question, const DnsName& zone,
                          const Expectation& expectation) {
  Reading reading = Start(question.name);
  Observation& observation = reading.observation;
  if (ReadFailure(message, observation)) return reading;
  if (!message.authoritative) {
    Conclude(observation, Outcome::kLame);
    observation.note = Shortened(LameNote(message, zone));
    return reading;
  }
  if (FindRecord(message.answers, question.name, question.type) != nullptr) {
    ReadValues(message, question.name, question.type, expectation, observation);
    return reading;
  }
  if (const Record* alias = FindRecord(message.answers, question.name, RrType::kCname)) {
    reading.alias = std::get<DnsName>(alias->data);
    observation.values = {Shown(*alias)};
    observation.ttl = alias->ttl;
    Conclude(observation, Outcome::kCnameInTheWay);
    return reading;
  }
  ReadNegative(message, observation);
  return reading;
}

Reading ReadRecursive(const Message& message, const Question& question,
                      const Expectation& expectation) {
  Reading reading = Start(question.name);
  Observation& observation = reading.observation;
  if (ReadFailure(message, observation)) return reading;
  DnsName owner = question.name;
  std::set<DnsName> seen = {owner};
  absl::Duration chain_ttl = absl::InfiniteDuration();
  while (FindRecord(message.answers, owner, question.type) == nullptr) {
    const Record* alias = FindRecord(message.answers, owner, RrType::kCname);
    if (alias == nullptr) break;
    owner = std::get<DnsName>(alias->data);
    chain_ttl = std::min(chain_ttl, alias->ttl);
    observation.cname_chain.push_back(owner.ToString());
    if (!seen.insert(owner).second || seen.size() > kMaxAliases + 1) {
      Conclude(observation, Outcome::kCnameLoop);
      return reading;
    }
  }
  observation.owner = owner.ToString();
  if (FindRecord(message.answers, owner, question.type) != nullptr) {
    ReadValues(message, owner, question.type, expectation, observation);
    observation.ttl = std::min(observation.ttl, chain_ttl);
    return reading;
  }
  if (!HasAnySoa(message) && !message.recursion_available) {
    Conclude(observation, Outcome::kLame);
    observation.note = "the server does not offer recursion";
    return reading;
  }
  ReadNegative(message, observation);
  return reading;
}

Reading NoAnswer(Outcome outcome, const DnsName& owner, std::string_view note) {
  Reading reading = Start(owner);
  Conclude(reading.observation, outcome);
  reading.observation.note = std::string(note);
  return reading;
}

}  // namespace probe
