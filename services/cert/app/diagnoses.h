// All that is wrong with a domain and its certificate.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/app/caller.h"
#include "cert/app/look_budget.h"
#include "cert/app/next_action.h"
#include "cert/core/agreement.h"
#include "cert/core/finding.h"
#include "cert/dispatch/prober.h"
#include "cert/store/store.h"

namespace cert {

struct Diagnosed {
  Finding finding;
  std::optional<absl::Time> next_look_time = std::nullopt;

  bool operator==(const Diagnosed&) const = default;
};

struct Diagnosis {
  std::vector<Diagnosed>
      findings;     // the most important first; the domain's before its certificate's
  int attempt = 0;  // of the check by which they were found; 0 before the first
  std::optional<absl::Time> check_time = std::nullopt;
  NextAction next_action;  // of the domain
  bool fresh = false;      // by a look of its own, which has no attempt
};

// Thread-safe.
class Diagnoses {
 public:
  struct Options {
    AgreementPolicy policy;
    std::string delegation_zone;
    absl::Duration look_timeout = absl::Seconds(15);  // of a fresh look
    absl::Duration look_margin = absl::Seconds(5);    // after it, for the answer to arrive
  };

  // `store` and `prober` must outlive this object.
  Diagnoses(Store& store, Prober& prober, Options options)
      : store_(store), prober_(prober), options_(std::move(options)), budget_({}) {}

  // By the latest check of the domain, and of its certificate's live order. For readers. Errors as
  // those of Domains::Get.
  absl::StatusOr<Diagnosis> Diagnose(const Caller& caller, const std::string& name);

  // By a look of its own, for which it waits. RESOURCE_EXHAUSTED as look_budget.h has it;
  // FAILED_PRECONDITION: the domain is being deleted. DEADLINE_EXCEEDED: the look has not ended.
  absl::StatusOr<Diagnosis> DiagnoseFresh(const Caller& caller, const std::string& name);

 private:
  absl::StatusOr<Diagnosis> DiagnoseIn(Transaction& transaction, const DomainId& id) const;
  void AddFindings(const Domain& domain, const Evidence& evidence, Diagnosis& diagnosis) const;
  absl::Status AddOrderFindings(Transaction& transaction, const Domain& domain,
                                Diagnosis& diagnosis) const;
  absl::Status AddOrderFindings(Transaction& transaction, const Certificate& certificate,
                                Diagnosis& diagnosis) const;

  Store& store_;
  Prober& prober_;
  const Options options_;
  LookBudget budget_;
};

}  // namespace cert
