#include "bench/store_subject.h"

#include <sys/types.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/status_macros.h"
#include "cli/client.h"
#include "cli/settings.h"

namespace bench {
namespace {

constexpr char kSuperuser[] = "postgres";
constexpr int kDue = 2'000;      // at either size: what is overdue costs, not what is there
constexpr int kClaimed = 8;      // rows for each claim
constexpr int kSample = 20'000;  // certificates that calls are for
constexpr int kServiceCalls = 2'000;
constexpr int kServiceDomains = 200;
constexpr absl::Duration kPatience = absl::Minutes(5);
constexpr double kKibibytesPerMebibyte = 1024;

lab::Lab::Options LabOptions() {
  return {.pebble_sleeps = false,
          .through_proxy = false,
          .probes = {"ams", "nyc"},
          .replicas = 1,
          // A quarter of the machine's memory, as PostgreSQL's manual has it, and enough for all of
          // a million certificates: else it is the kernel's cache and the disk that are measured.
          .postgres = {.settings = {"shared_buffers=6GB", "max_wal_size=8GB"}}};
}

// proc(5).
absl::StatusOr<double> PeakMebibytes(pid_t pid) {
  std::ifstream status(absl::StrFormat("/proc/%d/status", pid));
  for (std::string word; status >> word;) {
    double kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes / kKibibytesPerMebibyte;
  }
  return absl::UnavailableError("padlock-cert does not run");
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreSubject>> StoreSubject::Create(int certificates) {
  ASSIGN_OR_RETURN(std::unique_ptr<lab::Lab> lab, lab::Lab::Start(LabOptions()));
  RETURN_IF_ERROR(lab->cert().Stop().status());
  const std::string database = lab->DatabaseFor(kSuperuser);
  RETURN_IF_ERROR(FillStore(database, certificates));
  RETURN_IF_ERROR(MakeDue(database, kDue));
  ASSIGN_OR_RETURN(std::vector<FilledCertificate> sample, SampleCertificates(database, kSample));
  return std::unique_ptr<StoreSubject>(new StoreSubject(std::move(lab), std::move(sample)));
}

StoreSubject::StoreSubject(std::unique_ptr<lab::Lab> lab, std::vector<FilledCertificate> sample)
    : lab_(std::move(lab)),
      sample_(std::move(sample)),
      pool_({.connection_string = lab_->DatabaseFor("padlock_cert")}),
      claim_pool_({.connection_string = lab_->DatabaseFor("padlock_claim")}),
      sealer_(*cert::Sealer::Create({{"kek1", std::string(32, 'k')}})) {}

absl::Status StoreSubject::Get(int draw) {
  const FilledCertificate& certificate = sample_[static_cast<std::size_t>(draw) % sample_.size()];
  const cert::Caller caller{.identity = {.name = "bench",
                                         .tenant = certificate.tenant,
                                         .roles = {transport::Role::kReader}},
                            .request_id = "bench"};
  return certificates_.Get(caller, certificate.name, cert::Certificates::View::kBasic).status();
}

absl::Status StoreSubject::Claim(bool in_turns) {
  ASSIGN_OR_RETURN(
      leases_,
      queue_.ClaimDue({.limit = kClaimed, .lease = absl::Seconds(30), .in_turns = in_turns}));
  if (leases_.size() == kClaimed) return absl::OkStatus();
  return absl::InternalError("too few rows are due");
}

absl::Status StoreSubject::GiveBack() {
  for (const cert::Lease& lease : leases_) RETURN_IF_ERROR(queue_.GiveBack(lease));
  return absl::OkStatus();
}

absl::Status StoreSubject::LookAhead() { return queue_.UntilNextDue().status(); }

absl::StatusOr<double> StoreSubject::PeakMemoryOfService() {
  RETURN_IF_ERROR(MakeDue(lab_->DatabaseFor(kSuperuser), kDue));
  RETURN_IF_ERROR(lab_->cert().Resume());
  RETURN_IF_ERROR(AwaitNothingDue());
  RETURN_IF_ERROR(CallService());
  const absl::StatusOr<double> peak = PeakMebibytes(lab_->cert().pid());
  RETURN_IF_ERROR(lab_->cert().Stop().status());
  return peak;
}

absl::Status StoreSubject::AwaitNothingDue() {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!deadline.Expired()) {
    ASSIGN_OR_RETURN(const cert::WorkQueue::Backlog backlog, queue_.GetBacklog());
    if (backlog.overdue == 0) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(100));
  }
  return absl::DeadlineExceededError("padlock-cert does not do what is due");
}

absl::Status StoreSubject::CallService() {
  const std::string& tenant = sample_.front().tenant;
  ASSIGN_OR_RETURN(const std::string config, lab_->WriteCliConfig(tenant, "admin"));
  ASSIGN_OR_RETURN(const cli::Settings settings, cli::LoadSettings(config));
  ASSIGN_OR_RETURN(const std::unique_ptr<cli::Client> api, cli::Client::Create(settings));
  for (int i = 0; i < kServiceCalls; ++i) {
    RETURN_IF_ERROR(api->GetCertificate(sample_.front().name).status());
  }
  for (int i = 0; i < kServiceDomains; ++i) {
    ASSIGN_OR_RETURN(const padlock::cert::v1::Domain domain,
                     api->CreateDomain({.hostname = absl::StrFormat("m%d.shop.test", i)}));
    RETURN_IF_ERROR(api->DeleteDomain(domain.name()));
  }
  return absl::OkStatus();
}

}  // namespace bench
