#include "probe/core/resolver_health.h"

namespace probe {
namespace {

// NOERROR and NXDOMAIN are what a resolver is for; everything else failed whoever asked.
bool IsServed(const Reply& reply) {
  return reply.kind == Reply::Kind::kAnswered &&
         (reply.message.rcode == kRcodeNoError || reply.message.rcode == kRcodeNameError);
}

}  // namespace

void ResolverHealth::TakeReply(const DnsName& name, const Reply& reply) {
  if (reply.kind == Reply::Kind::kNotAsked) return;
  if (IsServed(reply)) return Recover();
  ++failures_;
  if (failed_names_.size() < options_.names) failed_names_.insert(name);
}

void ResolverHealth::Recover() {
  healthy_ = true;
  failures_ = 0;
  failed_names_.clear();
  failed_probes_ = 0;
  next_probe_time_ = absl::InfinitePast();
}

void ResolverHealth::TakeProbe(const Reply& reply, absl::Time now, double fraction) {
  if (IsServed(reply)) {
    validates_ = reply.message.authenticated_data;
    proof_time_ = now;
    return Recover();
  }
  // Our own limit says nothing about the resolver, but hurrying would not help either.
  if (reply.kind != Reply::Kind::kNotAsked && suspect()) healthy_ = false;
  next_probe_time_ = now + base::BackoffDelay(options_.backoff, ++failed_probes_, fraction);
}

bool ResolverHealth::WantsProbe(absl::Time now) const {
  // The machine's clock may have been set back.
  const bool pausing = now < next_probe_time_ && next_probe_time_ - now <= options_.backoff.cap;
  return !pausing && !IsProved(now, options_.max_age);
}

bool ResolverHealth::IsProved(absl::Time now, absl::Duration age) const {
  return healthy_ && !suspect() && proof_time_ <= now && now - proof_time_ <= age;
}

}  // namespace probe
