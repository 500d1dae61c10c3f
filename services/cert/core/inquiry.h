// A set of questions asked of the DNS from every perspective, and what came back: the input of
// agreement.h and finding.h. Immutable values.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/ids.h"
#include "observation/observation.h"

namespace cert {

// Who would issue, and how, by the CAA records of a name (RFC 8659, 8657).
struct CaaExpectation {
  std::vector<std::string> issuer_domains;  // what the CA calls itself there; any will do
  std::string account_uri;                  // the ACME account's URL
  std::string validation_method;            // "dns-01", "http-01"
  bool wildcard = false;                    // `issuewild` counts before `issue`

  bool operator==(const CaaExpectation&) const = default;
};

struct Question {
  std::string name;  // A-labels without the trailing dot
  observation::RecordType type = observation::RecordType::kTxt;
  observation::Scope scope = observation::Scope::kAuthoritative;
  // TXT: each must be there; CNAME: the one target.
  std::vector<std::string> expected_values;
  std::optional<CaaExpectation> caa = std::nullopt;  // CAA: whether it may issue

  bool operator==(const Question&) const = default;
};

struct Inquiry {
  TenantId tenant;         // for fairness between tenants
  std::string request_id;  // ties log lines together
  std::vector<Question> questions;
  absl::Duration timeout = absl::Seconds(15);  // of the whole
};

// What one perspective saw for one question.
struct View {
  std::string perspective;
  std::string worker;  // empty when none was there
  std::vector<observation::Observation> observations;
  std::string failure;  // why nothing could be told, in one sentence; empty otherwise

  bool operator==(const View&) const = default;
};

// One question with a view from every configured perspective, in the configured order.
struct Answer {
  Question question;
  std::vector<View> views;

  bool operator==(const Answer&) const = default;
};

using Evidence = std::vector<Answer>;  // in the order of the inquiry's questions

}  // namespace cert
