// One order of a host, for any of the purposes that padlock-cert orders for, and what the customer
// does for it meanwhile: for whoever disturbs it and wants to know how it ends.

#pragma once

#include <array>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "e2e/tenant.h"

namespace e2e {

enum class Purpose {
  kDelegation,  // the first certificate, by each method
  kTxt,
  kHttp,
  kRenewal,
  kRevocation,  // with the replacement that follows it
};
inline constexpr std::array<Purpose, 5> kPurposes = {
    Purpose::kDelegation, Purpose::kTxt, Purpose::kHttp, Purpose::kRenewal, Purpose::kRevocation};
// "delegation", "txt", "http", "renewal", "revocation".
const char* PurposeName(Purpose purpose);
std::optional<Purpose> ParsePurpose(const std::string& name);

// Confined to one thread.
class Course {
 public:
  // A new host, for which nothing is ordered before Begin(); where the purpose needs one, with its
  // first certificate. `tenant` must outlive it.
  static absl::StatusOr<std::unique_ptr<Course>> Prepare(Tenant& tenant, Purpose purpose,
                                                         const std::string& hostname);
  // AwaitCall().
  ~Course();
  Course(const Course&) = delete;
  Course& operator=(const Course&) = delete;

  // Creates the host's records, if there are none, and asks for the order, in the background: the
  // call may be what is disturbed.
  absl::Status Begin();
  // Returns when that call has, which it may not do by itself while its own message is held up.
  void AwaitCall();

  // Whether nothing more is to be done for the host. Does what the customer has to do, and lets the
  // database's clock pass where everything waits for a later time.
  absl::StatusOr<bool> HasEnded();
  // DEADLINE_EXCEEDED, with what is under way.
  absl::Status AwaitEnd();

  // DATA_LOSS unless this and nothing else was ordered, and is served.
  absl::Status Judge();

  const pb::Domain& domain() const { return domain_; }

 private:
  Course(Tenant& tenant, Purpose purpose, pb::Domain domain);

  bool IsSecondOrder() const;
  absl::Status CreateRecords();
  absl::Status MakeRenewalDue();
  void StartCall();
  void CallUntilStored();
  absl::Status HandleTokens();
  absl::Status PassTime();
  absl::Status CheckIsServed();
  std::string ValueOf(const char* sql);

  Tenant& tenant_;
  const Purpose purpose_;
  const pb::Domain domain_;
  const std::string id_;
  pqxx::connection database_;
  int wanted_orders_ = 1;
  absl::Time last_pass_ = absl::InfinitePast();
  std::thread call_;
};

}  // namespace e2e
