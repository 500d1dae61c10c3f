// One size of `./dev bench store`: a database with so many certificates, and what is measured on
// it.

#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "bench/store_fill.h"
#include "cert/app/certificates.h"
#include "cert/keys/sealer.h"
#include "cert/store/connection_pool.h"
#include "cert/store/postgres_store.h"
#include "cert/store/postgres_work_queue.h"
#include "lab/lab.h"

namespace bench {

// Confined to one thread.
class StoreSubject {
 public:
  // Fills the database, which takes minutes for a million. The lab's padlock-cert does not run.
  static absl::StatusOr<std::unique_ptr<StoreSubject>> Create(int certificates);

  // ---- The calls, in this process ----
  // `draw`: any number; it says which certificate.
  absl::Status Get(int draw);
  // A claim of due work, and what makes it due again.
  absl::Status Claim(bool in_turns);
  absl::Status GiveBack();
  absl::Status LookAhead();

  // Starts padlock-cert, has it do all that is due and answer a fixed number of calls, and stops
  // it. Returns the most memory in MiB that was resident meanwhile.
  absl::StatusOr<double> PeakMemoryOfService();

 private:
  StoreSubject(std::unique_ptr<lab::Lab> lab, std::vector<FilledCertificate> sample);

  absl::Status AwaitNothingDue();
  absl::Status CallService();

  const std::unique_ptr<lab::Lab> lab_;
  const std::vector<FilledCertificate> sample_;
  cert::ConnectionPool pool_;
  cert::ConnectionPool claim_pool_;
  cert::PostgresStore store_{pool_, base::SystemRandom()};
  cert::PostgresWorkQueue queue_{claim_pool_};
  const cert::Sealer sealer_;
  cert::Certificates certificates_{store_, sealer_};
  std::vector<cert::Lease> leases_;
};

}  // namespace bench
