// What an answer says: whatever the worker makes of it, the service must accept.

#include <cstddef>
#include <cstdint>
#include <variant>

#include "fuzz/require.h"
#include "observation/observation_proto.h"
#include "probe/core/dns_message.h"
#include "probe/core/reading.h"
#include "probe/core/referral.h"

namespace {

void CheckReading(const probe::Reading& reading) {
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
        probe::Expectation{.type = observation::RecordType::kCaa}}) {
    CheckReading(probe::ReadAuthoritative(*message, question, zone, expectation));
    CheckReading(probe::ReadRecursive(*message, question, expectation));
  }
  CheckStep(probe::ReadStep(&*message, question, zone));
  return 0;
}
