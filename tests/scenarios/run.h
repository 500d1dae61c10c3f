// Runs a scenario: the real checks from every perspective, the real verdict, and what of that the
// scenario's truth forbids.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cert/core/agreement.h"
#include "scenarios/scenario.h"

namespace scenarios {

struct RunResult {
  struct Judged {
    cert::Decision decision = cert::Decision::kCouldNotTell;
    bool may_agree = false;
    bool may_disagree = false;
    std::optional<cert::Decision> must = std::nullopt;  // when no other verdict was allowed
  };

  std::vector<Judged> judged = {};            // by round, then subject
  std::vector<cert::Evidence> evidence = {};  // by round
  // What must not happen, in one sentence each.
  std::vector<std::string> violations = {};
  // Agreed, though a server says no: all packets of asking it were lost, or it was not heard at a
  // remote perspective that could not tell.
  int excused_by_loss = 0;
  int excused_by_policy = 0;
  int agreed_by_left_servers = 0;
  std::size_t checks = 0;
  std::size_t questions = 0;
  std::size_t most_questions = 0;  // of one check and perspective
  std::size_t resolver_questions = 0;
};

RunResult Run(const Scenario& scenario);

}  // namespace scenarios
