// One tenant at work on a running lab: through the API, with the `padlock` command, and as the
// customers who edit their zones.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/client.h"
#include "lab/lab.h"
#include "padlock/cert/v1/domain_service.pb.h"
#include "padlock/cert/v1/event_service.pb.h"

namespace e2e {

namespace pb = ::padlock::cert::v1;

// For whatever a test waits for: far more than it takes on a busy machine.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

// Confined to one thread.
class Tenant {
 public:
  // With a certificate of that role. `lab` must outlive it.
  static absl::StatusOr<std::unique_ptr<Tenant>> Connect(lab::Lab& lab, const std::string& name,
                                                         const std::string& role = "admin");

  cli::Client& api() { return *api_; }
  lab::Lab& lab() { return lab_; }
  // A connection that knows of no failure before it, for after a restart of padlock-cert.
  absl::Status Reconnect();

  // Another connection, to one replica alone.
  absl::StatusOr<std::unique_ptr<cli::Client>> ConnectTo(std::size_t replica) const;

  // What `padlock` prints. INTERNAL, with what it says, when it fails.
  absl::StatusOr<std::string> Padlock(const std::vector<std::string>& words) const;
  // All that `padlock` has printed for tenants of this process, failures included.
  static std::string Printed();

  // Adds the hostname, creates its records in its zone, and asks for a recheck.
  absl::StatusOr<pb::Domain> AddWithRecords(const std::string& hostname, bool wildcard = false);
  absl::Status CreateRecords(const pb::Domain& domain);

  // The domain's events from the oldest up to the first of `type`. DEADLINE_EXCEEDED, with the
  // events so far, when none came.
  absl::StatusOr<std::vector<pb::Event>> Await(const pb::Domain& domain, pb::Event::Type type);
  // The domain with this finding, once a check brings it.
  absl::StatusOr<pb::Domain> AwaitFinding(const pb::Domain& domain, pb::Finding::Code code);

 private:
  Tenant(lab::Lab& lab, std::string config);

  using IsEnough = absl::FunctionRef<bool(const std::vector<pb::Event>&)>;
  absl::StatusOr<std::vector<pb::Event>> Follow(const pb::Domain& domain, IsEnough is_enough);
  // What stands in the way, for messages; a line each.
  std::string FindingsOf(const pb::Domain& domain);

  lab::Lab& lab_;
  const std::string config_;
  std::unique_ptr<cli::Client> api_;
};

// The zone of a host of the lab: its two last labels.
std::string ZoneOf(const std::string& hostname);

// The record as the customer creates it.
lab::Record WantedRecord(const pb::Domain& domain, pb::RequiredRecord::Purpose purpose);

}  // namespace e2e
