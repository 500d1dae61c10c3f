// A whole check from the roots to its report, in a hostile DNS.

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/log.h"
#include "fuzz/hostile_dns.h"
#include "probe/check/check_runner.h"

namespace {

probe::Check NextCheck(FuzzedDataProvider& input) {
  using observation::RecordType;
  using observation::Scope;
  constexpr std::array kChecked = {RecordType::kTxt, RecordType::kCname, RecordType::kCaa};
  constexpr std::array kScopes = {Scope::kAuthoritative, Scope::kAuthoritativeThenRecursive,
                                  Scope::kAllAtOnce};
  probe::Check check{.id = "check",
                     .name = fuzz::kNames[0],
                     .type = kChecked[input.ConsumeIntegralInRange<std::size_t>(0, 2)],
                     .scope = kScopes[input.ConsumeIntegralInRange<std::size_t>(0, 2)],
                     .timeout = absl::Seconds(input.ConsumeIntegralInRange(1, 60))};
  if (check.type == RecordType::kTxt) check.expected_values = {"token"};
  if (check.type == RecordType::kCname) check.expected_values = {fuzz::kNames[9]};
  if (check.type == RecordType::kCaa) {
    check.caa = probe::CaaExpectation{.issuer_domains = {"ca.test"}, .validation_method = "dns-01"};
  }
  return check;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static base::Metrics metrics;
  base::InitLog("fuzz", base::LogLevel::kError);
  FuzzedDataProvider input(data, size);
  fuzz::HostileWorld world(input, size, metrics);
  const auto runner = std::make_shared<probe::CheckRunner>(world.environment(), NextCheck(input),
                                                           world.TakeReport());
  runner->Begin();
  world.RunToEnd(probe::kMaxAskedNames);
  return 0;
}
