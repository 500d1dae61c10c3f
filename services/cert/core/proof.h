// What a customer must create, and what is asked of the DNS to see whether it is there.

#pragma once

#include <string>
#include <vector>

#include "cert/core/inquiry.h"
#include "cert/core/model.h"

namespace cert {

enum class RecordPurpose { kClaim, kDelegation, kAcmeToken };

// One DNS record that the customer creates. An ACME token is there for one order, and may go once
// that has brought its certificate; the others stay.
struct RequiredRecord {
  RecordPurpose purpose = RecordPurpose::kClaim;
  std::string type;  // "TXT" or "CNAME"
  std::string name;  // without the trailing dot
  std::string value;
  std::string zone_file_line;  // ready to paste (RFC 1035 5.1)

  bool operator==(const RequiredRecord&) const = default;
};

// The claim TXT and, where the domain is validated by it, the delegation CNAME, in this order.
std::vector<RequiredRecord> RequiredRecords(const Domain& domain);

// The TXT records that the customer must create for the order's tokens of this domain, while they
// are waited for: one for each authorization whose method is kTxt.
std::vector<RequiredRecord> TokenRecords(const Order& order, const DomainId& domain);

// The answer as if this value alone had been looked for, of several at one name.
Answer OnlyFor(const Answer& answer, const std::string& value);

// "<name>. 3600 IN <type> <value>", the value quoted or as a target.
std::string ZoneFileLine(const std::string& name, const std::string& type,
                         const std::string& value);

// Where the customer's CNAME must point; empty where the domain has none.
std::string TargetOf(const Domain& domain);

// The questions of a proof: the claim TXT and, where the domain is validated by it, the delegation
// CNAME and the canary through that CNAME. The canary is looked for along authoritative servers
// only: it shares an RRset with the tokens, and a resolver that has cached it alone would hide
// them.
std::vector<Question> ProofQuestions(const Domain& domain);

// Evidence of such questions, but for the claim.
Evidence WithoutClaim(Evidence proof);

// The question that looks for the token of one authorization, where the CA will.
Question TokenQuestion(const Authorization& authorization);

// The questions of an order's propagation: one for each name at which tokens must be seen, for all
// of its tokens together.
std::vector<Question> TokenQuestions(const Order& order);

}  // namespace cert
