// What the reconciler's steps work with: interfaces and settings, wired in main.cc.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/metrics.h"
#include "base/random.h"
#include "cert/acme/client.h"
#include "cert/core/agreement.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/contest.h"
#include "cert/core/deployment.h"
#include "cert/core/schedule.h"
#include "cert/dispatch/prober.h"
#include "cert/keys/sealer.h"
#include "cert/publication/publisher.h"
#include "cert/reconcile/issuer_roots.h"
#include "cert/store/store.h"

namespace cert {

// One configured CA.
struct CertificateAuthority {
  std::string name;
  AcmeClient* client = nullptr;  // null: it is configured no more
  IssuerRoots issuer_roots = {};
  std::string preferred_chain = {};  // common name of a root; empty: the CA's first chain
  std::string profile = {};          // of certificates that choose none; empty: the CA's default
  std::vector<std::string> caa_identities = {};  // in CAA; empty: as its directory says
  std::vector<CaLimit> limits = {};              // as it publishes them
  // Of pending ones, and so of tokens.
  absl::Duration authorization_lifetime = absl::InfiniteDuration();
  std::map<std::string, absl::Duration> profile_authorization_lifetimes = {};  // of these profiles
};

struct StepOptions {
  std::string delegation_zone;
  std::vector<std::string> edge_addresses = {};  // where port 80 leads to our tokens
  AgreementPolicy policy;
  Schedule schedule;
  DeploymentPolicy deployment = {};
  TakeoverRevocation takeover_revocation = TakeoverRevocation::kNone;
  absl::Duration check_timeout = absl::Seconds(15);
  // Outside calls end at least this long before the lease does, so that their result can be stored.
  absl::Duration commit_margin = absl::Seconds(3);
};

// A row claimed more often than this without a commit is parked: it may be what crashes us.
inline constexpr int kMaxClaims = 5;

// References to what outlives every step. Each is thread-safe.
struct Services {
  Store& store;
  AccountStore& accounts;
  Publisher& publisher;
  Prober& prober;
  const Sealer& sealer;
  base::Random& random;
  base::Metrics& metrics;
  std::vector<CertificateAuthority> authorities;  // in the order in which they are asked
  StepOptions options;
};

// Counters: orders that have ended, by "ca" and "result" ("issued" or "failed"), and what stopped
// orders, by the "code" of its finding.
inline constexpr char kOrdersTotal[] = "padlock_cert_orders_total";
inline constexpr char kOrderSetbacksTotal[] = "padlock_cert_order_setbacks_total";

// Counts a row that is parked, for operators to see: nothing else tells them of it.
void CountParked(const Services& services, const Lease& lease);

// Shows these counters as 0 where nothing has been counted yet: what happens for the first time is
// seen as an increase only then.
void ShowCounters(const Services& services);

// The time by which an outside call under `lease` must have ended.
inline base::Deadline OutsideDeadline(const Services& services, const Lease& lease) {
  return lease.deadline.Within(lease.deadline.Remaining() - services.options.commit_margin);
}

}  // namespace cert
