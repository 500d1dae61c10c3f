// A connected worker as the dispatcher sees it: somewhere to send checks, and what comes back.
// rpc/probe_session.h puts it on a gRPC stream.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/inquiry.h"
#include "observation/observation.h"

namespace cert {

// One question on its way to one worker. Each sending has an id of its own, so that neither a late
// nor a second report can be taken for another's.
struct WorkerCheck {
  std::string id;  // at most 64 characters
  std::string request_id;
  Question question;
  absl::Duration timeout = absl::ZeroDuration();  // from receipt to the report

  bool operator==(const WorkerCheck&) const = default;
};

struct WorkerReport {
  std::string check_id;
  std::vector<observation::Observation> observations;
  std::string failure;  // the worker's own fault; empty otherwise
};

// Both calls come from the dispatcher's thread, one at a time, which they must not block; they may
// call the dispatcher. They may still come after Dispatcher::RemoveWorker has returned.
class WorkerSession {
 public:
  virtual ~WorkerSession() = default;

  virtual void Send(std::vector<WorkerCheck> checks) = 0;  // 1 to 64
  // No report is wanted any more.
  virtual void Cancel(std::vector<std::string> check_ids) = 0;
};

}  // namespace cert
