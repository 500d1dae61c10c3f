// What a customer must create, and what is asked of the DNS to see whether it is there.

#pragma once

#include <string>
#include <vector>

#include "cert/core/inquiry.h"
#include "cert/core/model.h"

namespace cert {

enum class RecordPurpose { kClaim, kDelegation };

// One DNS record that the customer creates once and leaves there.
struct RequiredRecord {
  RecordPurpose purpose = RecordPurpose::kClaim;
  std::string type;  // "TXT" or "CNAME"
  std::string name;  // without the trailing dot
  std::string value;
  std::string zone_file_line;  // ready to paste (RFC 1035 5.1)

  bool operator==(const RequiredRecord&) const = default;
};

// The claim TXT and the delegation CNAME, in this order.
std::vector<RequiredRecord> RequiredRecords(const Domain& domain);

// "<name>. 3600 IN <type> <value>", the value quoted or as a target.
std::string ZoneFileLine(const std::string& name, const std::string& type,
                         const std::string& value);

// The questions of a proof: the claim TXT, the delegation CNAME, and the canary through that CNAME.
// The canary is looked for along authoritative servers only: it shares an RRset with the tokens,
// and a resolver that has cached it alone would hide them.
std::vector<Question> ProofQuestions(const Domain& domain);

// The question of an order's propagation: every token through the customer's CNAME.
Question TokenQuestion(const Domain& domain, const Order& order);

}  // namespace cert
