// What is believed of one public resolver, from what it answered: whether it serves anybody at all,
// and whether it validates DNSSEC. Pure; time and jitter are passed in.
//
//   healthy ──many failures in a row, of different names──► suspect
//      ▲                                                       │ the probe question decides, since
//      ├────────────────── it is answered ◄────────────────────┤ those names may all be broken
//      │                                                       ▼ it is not answered
//      └────────────────── it is answered ◄──────────────── unhealthy
//
// One that is unhealthy is asked nothing but the probe question, less and less often.
//
// The probe question is one that every resolver can answer: the SOA of a signed zone, the root's by
// custom, with AD requested (RFC 6840, 5.7). An answer with AD shows that the resolver validates.

#pragma once

#include <optional>
#include <set>

#include "absl/time/time.h"
#include "base/backoff.h"
#include "probe/core/dns_name.h"
#include "probe/core/reply.h"

namespace probe {

// Confined to one thread.
class ResolverHealth {
 public:
  struct Options {
    int failures = 10;                          // in a row, after which it is suspected
    std::size_t names = 5;                      // that they must be about
    absl::Duration max_age = absl::Minutes(5);  // of what a probe question has shown
    base::BackoffPolicy backoff = {.initial = absl::Seconds(2), .cap = absl::Minutes(2)};
  };

  explicit ResolverHealth(Options options) : options_(options) {}

  // What became of a check's question about `name`, asked with validation. Questions that we did
  // not ask say nothing.
  void TakeReply(const DnsName& name, const Reply& reply);
  // What became of the probe question. `fraction` in [0, 1) is the jitter of the next one's time.
  void TakeProbe(const Reply& reply, absl::Time now, double fraction);

  // False while it fails everybody: then only the probe question may be asked.
  bool healthy() const { return healthy_; }
  // By the last answered probe question; unset before the first.
  std::optional<bool> validates() const { return validates_; }

  // Whether the probe question should be asked now: there is a doubt, or what is known is old.
  bool WantsProbe(absl::Time now) const;
  // Whether a probe question was answered within `age`, and nothing has cast doubt on it since.
  bool IsProved(absl::Time now, absl::Duration age) const;

 private:
  void Recover();
  bool suspect() const {
    return failures_ >= options_.failures && failed_names_.size() >= options_.names;
  }

  const Options options_;
  bool healthy_ = true;
  std::optional<bool> validates_;
  absl::Time proof_time_ = absl::InfinitePast();  // of the last answered probe question
  // Since the last good answer; no more names than are needed.
  int failures_ = 0;
  std::set<DnsName> failed_names_;
  int failed_probes_ = 0;                              // in a row
  absl::Time next_probe_time_ = absl::InfinitePast();  // after a failed one
};

}  // namespace probe
