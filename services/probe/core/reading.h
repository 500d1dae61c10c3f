// What one answer says about an expected record: outcome, vote, values and how long they may stay
// cached. The decisions are here; who was asked, when and how is filled in by the asker.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observation/observation.h"
#include "probe/core/caa.h"
#include "probe/core/dns_message.h"
#include "probe/core/dns_name.h"

namespace probe {

inline constexpr int kMaxAliases = 8;

// What a check wants to see. TXT: every one of `values`. CNAME: the one target. No value at all:
// any record of the type, as of the addresses of a web server. With `caa`: a CAA record set that
// lets the CA issue, or none, since the lack of records forbids nothing: that is kNoData or
// kNoSuchName with Vote::kAgree.
struct Expectation {
  observation::RecordType type = observation::RecordType::kTxt;
  std::vector<std::string> values = {};
  std::optional<CaaExpectation> caa = std::nullopt;
};

// The type to ask for. HTTP is not a DNS question.
std::optional<RrType> QuestionType(observation::RecordType type);

struct Reading {
  // Without role, server, address, zone, cname_chain of earlier zones, times and over_tcp.
  observation::Observation observation;
  // Set when the server answered with a CNAME, or a DNAME that makes one, which has to be followed:
  // outcome and vote then say what it would mean to stop here.
  std::optional<DnsName> alias = std::nullopt;
  bool has_records = false;  // of the type at the owner
  // Their data, or the alias, whole.
  std::vector<Record::Data> records = {};
};

// An answer of a nameserver of `zone` to `question`. Only records at the asked name count: where a
// CNAME leads is asked of its own zone's nameservers.
Reading ReadAuthoritative(const Message& message, const Question& question, const DnsName& zone,
                          const Expectation& expectation);

// A resolver's answer: the CNAMEs inside it are followed, at most kMaxAliases.
Reading ReadRecursive(const Message& message, const Question& question,
                      const Expectation& expectation);

// The octets of a TXT record as an observation shows them.
std::string ShownText(std::string_view octets);

// No answer: kTimeout, kUnreachable, kMalformed, kNotAsked. Votes 'could not tell'.
Reading NoAnswer(observation::Outcome outcome, const DnsName& owner, std::string_view note);

// 'No' only where the server itself said so. Failures to answer, and answers of servers that have
// no business answering, are 'could not tell'.
observation::Vote VoteFor(observation::Outcome outcome);

}  // namespace probe
