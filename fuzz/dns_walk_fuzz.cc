// A whole walk from the roots, every answer of which is hostile.

#include <fuzzer/FuzzedDataProvider.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/require.h"
#include "probe/core/walk.h"

namespace {

using probe::DnsName;
using probe::Message;

constexpr std::size_t kMaxMessage = 600;

// The next message of the input, made to answer `question`; none when it cannot be read.
std::optional<Message> NextAnswer(FuzzedDataProvider& input, const probe::Question& question) {
  const auto wire =
      input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, kMaxMessage));
  absl::StatusOr<Message> message = probe::ParseMessage(wire);
  if (!message.ok()) return std::nullopt;
  message->question = question;
  return *std::move(message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const probe::Zone roots{.nameservers = {{.name = *DnsName::Parse("ns.root"),
                                           .addresses = {*probe::IpAddress::Parse("192.0.2.1")}}}};
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const DnsName name = *DnsName::Parse("_padlock.www.shop.test");
  const probe::Walk::Limits limits;
  probe::ZoneCache cache({});
  probe::Walk walk(name, roots, cache, limits);
  FuzzedDataProvider input(data, size);
  int asked = 0;
  while (!walk.done()) {
    const std::vector<probe::Walk::Step> steps = walk.TakeSteps(now);
    fuzz::Require(!steps.empty() || walk.done(), "a walk that waits for nothing is done");
    for (const probe::Walk::Step& step : steps) {
      ++asked;
      const std::optional<Message> answer = NextAnswer(input, step.question);
      walk.Consume(step.branch, answer ? &*answer : nullptr, now);
    }
  }
  fuzz::Require(asked <= limits.steps, "a walk is bounded");
  if (walk.zone() != nullptr) {
    fuzz::Require(name.IsSubdomainOf(walk.zone()->name), "the zone holds the name");
  }
  return 0;
}
