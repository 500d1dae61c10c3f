// What an answer says: whatever the worker makes of it, the service must accept.

#include <cstddef>
#include <cstdint>
#include <variant>

#include "fuzz/require.h"
#include "observation/observation_proto.h"
#include "probe/core/cache_time.h"
#include "probe/core/dns_message.h"
#include "probe/core/reading.h"
#include "probe/core/referral.h"

namespace {

void CheckReading(probe::Reading reading) {
  reading.observation.observe_time = absl::FromUnixSeconds(1'800'000'000);
  reading.observation.cache_expire_time = probe::CacheExpireTime(reading.observation);
  probe::LimitByChain(absl::Seconds(60), reading.observation);
  const auto accepted = observation::FromProto(observation::ToProto(reading.observation));
  fuzz::Require(accepted.ok(), "what a worker reports is within the service's bounds");
}

void CheckStep(const probe::StepAnswer& answer) {
  const auto* referral = std::get_if<probe::Referral>(&answer);
  if (referral == nullptr) return;
  fuzz::Require(referral->zone.nameservers.size() <= probe::kMaxNameservers,
                "nameservers are bounded");
  for (const probe::Nameserver& server : referral->zone.nameservers) {
    fuzz::Require(server.addresses.size() <= probe::kMaxAddressesPerNameserver,
                  "addresses are bounded");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = probe::ParseMessage({data, size});
  if (!message.ok()) return 0;
  const probe::Question question = message->question.value_or(probe::Question{});
  const probe::DnsName zone = question.name.Parent();
  for (const auto& expectation :
       {probe::Expectation{.type = observation::RecordType::kTxt, .values = {"token"}},
        probe::Expectation{.type = observation::RecordType::kCname, .values = {"target.example"}},
        probe::Expectation{.type = observation::RecordType::kCaa},
        probe::Expectation{.type = observation::RecordType::kCaa,
        .caa = probe::CaaExpectation{.issuer_domains = {"ca.example"},
               .account_uri = "https://ca.example/1",
               .validation_method = "dns-01"}}}) {
    CheckReading(probe::ReadAuthoritative(*message, question, zone, expectation));
    CheckReading(probe::ReadRecursive(*message, question, expectation));
  }
  CheckStep(probe::ReadStep(&*message, question, zone));
  return 0;
}
