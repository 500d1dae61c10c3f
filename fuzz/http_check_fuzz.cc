// A whole http-01 check from the roots to its report, in a hostile DNS and with hostile web
// servers.

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "fuzz/hostile_dns.h"
#include "probe/check/http_check.h"

namespace {

using probe::Fetched;

const std::string kToken = std::string(43, 't') + "." + std::string(43, 'k');
constexpr std::array kTargets = {"https://www.shop.test/", "http://shop.test/a", "/b",
                                 "//ns1.shop.test",        "http://dcv.test/",   "http://10.0.0.1/",
                                 "http://ns.dns.example/", "https://test/"};

class HostileFetcher final : public probe::Fetcher {
 public:
  HostileFetcher(FuzzedDataProvider& input, scenarios::Timeline& timeline)
      : input_(input), timeline_(timeline) {}

  void Fetch(probe::Fetching fetching, Done done) override {
    fuzz::Require(policy_.MayAsk(fetching.address), "no refused address is fetched from");
    fuzz::Require(++fetched_ <= probe::kMaxVisits, "a bounded number of pages is fetched");
    Fetched fetched = Next();
    const bool silent = fetched.kind == Fetched::Kind::kTimeout;
    const absl::Duration delay =
        silent ? fetching.timeout : absl::Milliseconds(input_.ConsumeIntegral<std::uint8_t>());
    timeline_.After(delay, [fetched = std::move(fetched), done = std::move(done)]() mutable {
      done(std::move(fetched));
    });
  }

 private:
  // The token when the input is used up.
  Fetched Next() {
    Fetched fetched{.kind = Fetched::Kind::kAnswered, .status = 200, .body = kToken};
    switch (input_.ConsumeIntegralInRange(0, 7)) {
      case 1:
        return {.kind = Fetched::Kind::kTimeout};
      case 2:
        return {.kind = Fetched::Kind::kUnreachable};
      case 3:
        fetched.status = input_.ConsumeIntegralInRange(100, 599);
        fetched.body = input_.ConsumeRandomLengthString(100);
        break;
      case 4:
      case 5:
      case 6:
        fetched.status = 302;
        fetched.location =
            kTargets[input_.ConsumeIntegralInRange<std::size_t>(0, kTargets.size() - 1)];
        if (input_.ConsumeBool()) fetched.location += input_.ConsumeRandomLengthString(8);
        break;
      default:
        break;
    }
    return fetched;
  }

  FuzzedDataProvider& input_;
  scenarios::Timeline& timeline_;
  const probe::AddressPolicy policy_;
  std::size_t fetched_ = 0;
};

probe::Check NextCheck(FuzzedDataProvider& input) {
  using observation::Scope;
  constexpr std::array kScopes = {Scope::kAuthoritative, Scope::kAuthoritativeThenRecursive,
                                  Scope::kAllAtOnce};
  return {.id = "check",
          .name = "www.shop.test",
          .type = observation::RecordType::kHttp,
          .scope = kScopes[input.ConsumeIntegralInRange<std::size_t>(0, 2)],
          .expected_values = {kToken},
          .timeout = absl::Seconds(input.ConsumeIntegralInRange(1, 60))};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static base::Metrics metrics;
  base::InitLog("fuzz", base::LogLevel::kError);
  FuzzedDataProvider input(data, size);
  fuzz::HostileWorld world(input, size, metrics);
  HostileFetcher fetcher(input, world.timeline());
  const auto check = std::make_shared<probe::HttpCheck>(
      world.environment(), fetcher, probe::HttpPorts{}, NextCheck(input), world.TakeReport());
  check->Begin();
  world.RunToEnd(2 * probe::kMaxHosts);
  return 0;
}
