// A first certificate, as a customer and an operator would get it: with the `padlock` command, and
// with the records put into the customer's zone.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/deadline.h"
#include "lab/interrupts.h"
#include "lab/lab.h"

namespace lab {

// Confined to one thread.
class Demo {
 public:
  // `cli_config` is the file of a caller who may do everything. All must outlive this object.
  Demo(Lab& lab, const Interrupts& interrupts, std::string cli_config);

  // Adds `zone` with its wildcard, creates its records, watches until its certificate is there, and
  // verifies that. CANCELLED at an interrupt, DEADLINE_EXCEEDED, or what went wrong.
  absl::Status Run(const std::string& zone, base::Deadline deadline);

 private:
  // Runs the `padlock` command where its output can be seen.
  absl::Status Show(const std::vector<std::string>& words);
  absl::Status CreateRecords(const std::string& zone);
  absl::Status Verify(const std::string& zone);
  std::vector<std::string> Command(const std::vector<std::string>& words) const;

  Lab& lab_;
  const Interrupts& interrupts_;
  const std::string cli_config_;
};

}  // namespace lab
