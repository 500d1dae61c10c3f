#include "probe/core/reading.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/core/alias.h"
#include "probe/core/value_clues.h"

namespace probe {
namespace {

using observation::Clue;
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
std::string Shown(const Record::Data& data) {
  std::string text;
  if (const auto* name = std::get_if<DnsName>(&data)) {
    text = name->ToString();
  } else if (const auto* octets = std::get_if<std::string>(&data)) {
    text = ShownText(*octets);
  } else if (const auto* address = std::get_if<IpAddress>(&data)) {
    text = address->ToString();
  } else if (const auto* caa = std::get_if<CaaData>(&data)) {
    text =
        absl::StrFormat("%d %s \"%s\"", caa->flags, EscapeText(caa->tag), EscapeText(caa->value));
  }
  return Shortened(std::move(text));
}

bool HoldsValue(const Record::Data& data, const std::string& expected) {
  if (const auto* octets = std::get_if<std::string>(&data)) return *octets == expected;
  if (const auto* name = std::get_if<DnsName>(&data)) {
    const absl::StatusOr<DnsName> target = DnsName::Parse(expected);
    return target.ok() && *target == *name;
  }
  return Shown(data) == expected;
}

// TXT only: names have no quotation marks, and letter case means nothing in them.
void AddValueClues(const std::vector<Record::Data>& found, const std::vector<std::string>& expected,
                   Observation& observation) {
  std::set<Clue> clues;
  for (const Record::Data& data : found) {
    const auto* octets = std::get_if<std::string>(&data);
    if (octets == nullptr || std::ranges::find(expected, *octets) != expected.end()) continue;
    if (observation.outcome == Outcome::kMatch) {
      if (!expected.empty()) clues.insert(Clue::kOtherValues);
      continue;
    }
    for (const std::string& value : expected) {
      for (const Clue clue : CompareValues(value, *octets)) clues.insert(clue);
    }
  }
  observation.clues.assign(clues.begin(), clues.end());
}

// The commonest mistake with a CNAME: a target without the dot at its end, to which the DNS host
// has appended the zone.
void NoteAppendedTarget(const std::vector<Record::Data>& found, const DnsName& zone,
                        const Expectation& expectation, Observation& observation) {
  for (const std::string& value : expectation.values) {
    const absl::StatusOr<DnsName> target = DnsName::Parse(value);
    if (!target.ok()) continue;
    const std::optional<DnsName> appended = target->Under(zone);
    if (!appended || std::ranges::find(found, Record::Data(*appended)) == found.end()) continue;
    observation.note = Shortened(
        absl::StrFormat("the DNS host appended \"%s\" to the CNAME's target", zone.ToString()));
  }
}

void JudgeCaa(const std::vector<Record::Data>& found, const CaaExpectation& expectation,
              Observation& observation) {
  std::vector<CaaData> records;
  for (const Record::Data& data : found) {
    if (const auto* caa = std::get_if<CaaData>(&data)) records.push_back(*caa);
  }
  const CaaDecision decision = EvaluateCaa(records, expectation);
  Conclude(observation, decision.may_issue ? Outcome::kMatch : Outcome::kMismatch);
  observation.note = Shortened(decision.reason);
}

// Records of the type stand at `owner`: are the expected ones among them?
void ReadValues(const Message& message, const DnsName& owner, RrType type,
                const Expectation& expectation, Reading& reading) {
  Observation& observation = reading.observation;
  reading.has_records = true;
  observation.ttl = absl::InfiniteDuration();
  for (const Record& record : message.answers) {
    if (record.owner != owner || record.type != type) continue;
    observation.ttl = std::min(observation.ttl, record.ttl);
    if (observation.values.size() < kMaxValues) observation.values.push_back(Shown(record.data));
    reading.records.push_back(record.data);
  }
  if (expectation.caa) return JudgeCaa(reading.records, *expectation.caa, observation);
  const bool all = std::ranges::all_of(expectation.values, [&](const std::string& value) {
    return std::ranges::any_of(reading.records,
                               [&](const Record::Data& data) { return HoldsValue(data, value); });
  });
  Conclude(observation, all ? Outcome::kMatch : Outcome::kMismatch);
  AddValueClues(reading.records, expectation.values, observation);
}

// NXDOMAIN or NODATA at `owner`, and for how long that may be believed (RFC 2308, 5): as the SOA of
// a zone says in which the name lies, and of which the server may speak because it is in `zone`.
void ReadNegative(const Message& message, const DnsName& owner, const DnsName& zone,
                  const Expectation& expectation, Observation& observation) {
  Conclude(observation, message.rcode == kRcodeNameError ? Outcome::kNoSuchName : Outcome::kNoData);
  if (expectation.caa) observation.vote = Vote::kAgree;
  for (const Record& record : message.authority) {
    const auto* soa = std::get_if<SoaData>(&record.data);
    if (soa == nullptr || !owner.IsSubdomainOf(record.owner)) continue;
    if (!record.owner.IsSubdomainOf(zone)) continue;
    observation.ttl = record.ttl;
    observation.negative_ttl = std::min(record.ttl, soa->minimum);
    observation.soa_serial = soa->serial;
  }
}

// A DNAME makes a name that cannot be: nobody will ever find a record there.
void ReadTooLong(Observation& observation) {
  Conclude(observation, Outcome::kNoSuchName);
  observation.note = "a DNAME makes a name of more than 255 octets of it";
}

// Response codes that are no answer. Returns false for those that are.
bool ReadFailure(const Message& message, Observation& observation) {
  observation.rcode = message.rcode;
  observation.extended_error = message.extended_error;
  observation.authenticated_data = message.authenticated_data;
  switch (message.rcode) {
    case kRcodeNoError:
    case kRcodeNameError:
    case kRcodeYxDomain:
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

bool HasSoaWithin(const Message& message, const DnsName& zone) {
  return std::ranges::any_of(message.authority, [&zone](const Record& r) {
    return r.type == RrType::kSoa && r.owner.IsSubdomainOf(zone);
  });
}

// Says what a nameserver that does not answer for the zone did instead.
std::string LameNote(const Message& message, const DnsName& zone) {
  if (HasAnySoa(message)) return "the server answers for the zone above, not for this one";
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

std::string ShownText(std::string_view octets) { return Shortened(EscapeText(octets)); }

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
    ReadValues(message, question.name, question.type, expectation, reading);
    if (question.type == RrType::kCname && observation.outcome == Outcome::kMismatch) {
      NoteAppendedTarget(reading.records, zone, expectation, observation);
    }
    return reading;
  }
  const std::optional<AliasRecord> alias = FindAlias(message.answers, question.name, zone);
  if (message.rcode == kRcodeYxDomain || (alias && !alias->target)) {
    ReadTooLong(observation);
    return reading;
  }
  if (alias) {
    reading.alias = alias->target;
    reading.records = {*alias->target};
    observation.values = {Shortened(alias->target->ToString())};
    observation.ttl = alias->ttl;
    Conclude(observation, Outcome::kCnameInTheWay);
    return reading;
  }
  if (HasAnySoa(message) && !HasSoaWithin(message, zone)) {
    Conclude(observation, Outcome::kLame);
    observation.note = Shortened(LameNote(message, zone));
    return reading;
  }
  ReadNegative(message, question.name, zone, expectation, observation);
  if (!observation.soa_serial) {
    observation.note = "the answer lacks the zone's SOA, which some resolvers take for a failure";
  }
  return reading;
}

Reading ReadRecursive(const Message& message, const Question& question,
                      const Expectation& expectation) {
  Reading reading = Start(question.name);
  Observation& observation = reading.observation;
  if (ReadFailure(message, observation)) return reading;
  DnsName owner = question.name;
  std::vector<DnsName> followed;
  absl::Duration chain_ttl = absl::InfiniteDuration();
  while (FindRecord(message.answers, owner, question.type) == nullptr) {
    const std::optional<AliasRecord> alias = FindAlias(message.answers, owner, DnsName());
    if (!alias && message.rcode != kRcodeYxDomain) break;
    if (!alias || !alias->target) {
      ReadTooLong(observation);
      return reading;
    }
    owner = *alias->target;
    chain_ttl = std::min(chain_ttl, alias->ttl);
    observation.cname_chain.push_back(owner.ToString());
    const bool loops =
        owner == question.name || std::ranges::find(followed, owner) != followed.end();
    followed.push_back(owner);
    if (loops || followed.size() > kMaxAliases) {
      Conclude(observation, Outcome::kCnameLoop);
      observation.ttl = chain_ttl;
      return reading;
    }
  }
  if (!followed.empty()) observation.owner = owner.ToString();
  if (FindRecord(message.answers, owner, question.type) != nullptr) {
    ReadValues(message, owner, question.type, expectation, reading);
    observation.ttl = std::min(observation.ttl, chain_ttl);
    return reading;
  }
  if (!HasAnySoa(message) && !message.recursion_available) {
    Conclude(observation, Outcome::kLame);
    observation.note = "the server does not offer recursion";
    return reading;
  }
  ReadNegative(message, owner, DnsName(), expectation, observation);
  return reading;
}

Reading NoAnswer(Outcome outcome, const DnsName& owner, std::string_view note) {
  Reading reading = Start(owner);
  Conclude(reading.observation, outcome);
  reading.observation.note = std::string(note);
  return reading;
}

}  // namespace probe
