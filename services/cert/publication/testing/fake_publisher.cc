#include "cert/publication/testing/fake_publisher.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "base/status_macros.h"
#include "cert/publication/dns_message.h"

namespace cert {
namespace {

TxtRecord LowerCased(TxtRecord record) {
  absl::AsciiStrToLower(&record.name);
  return record;
}

}  // namespace

FakePublisher::FakePublisher(std::string zone) : zone_(std::move(zone)) {}

absl::Status FakePublisher::Publish(const std::vector<TxtRecord>& records, base::Deadline) {
  RETURN_IF_ERROR(CheckRecords(records));
  base::MutexLock lock(mutex_);
  const Failure outcome = TakeOutcome();
  if (!outcome.change_is_made) return outcome.status;
  for (const TxtRecord& record : records) records_.insert(LowerCased(record));
  return outcome.status;
}

absl::Status FakePublisher::Withdraw(const std::vector<TxtRecord>& records, base::Deadline) {
  RETURN_IF_ERROR(CheckRecords(records));
  base::MutexLock lock(mutex_);
  const Failure outcome = TakeOutcome();
  if (!outcome.change_is_made) return outcome.status;
  for (const TxtRecord& record : records) records_.erase(LowerCased(record));
  return outcome.status;
}

void FakePublisher::FailNext(Failure failure) {
  base::MutexLock lock(mutex_);
  failures_.push_back(std::move(failure));
}

std::set<std::string> FakePublisher::ValuesAt(const std::string& name) const {
  const std::string wanted = absl::AsciiStrToLower(name);
  std::set<std::string> values;
  base::MutexLock lock(mutex_);
  for (const TxtRecord& record : records_) {
    if (record.name == wanted) values.insert(record.value);
  }
  return values;
}

FakePublisher::Failure FakePublisher::TakeOutcome() {
  if (failures_.empty()) return {.status = absl::OkStatus(), .change_is_made = true};
  Failure failure = std::move(failures_.front());
  failures_.pop_front();
  return failure;
}

absl::Status FakePublisher::CheckRecords(const std::vector<TxtRecord>& records) const {
  for (const TxtRecord& record : records) {
    if (!IsBelow(record.name, zone_)) return absl::InvalidArgumentError("outside the zone");
    if (record.value.size() > 255) return absl::InvalidArgumentError("value too long");
  }
  return absl::OkStatus();
}

}  // namespace cert
