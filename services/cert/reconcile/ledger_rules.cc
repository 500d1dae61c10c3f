#include "cert/reconcile/ledger_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/status_macros.h"
#include "cert/reconcile/backup_rules.h"
#include "cert/reconcile/order_commit.h"

namespace cert {
namespace {

// What a newOrder counts for.
constexpr std::array kOrderScopes{LimitScope::kAccount, LimitScope::kRegisteredDomain,
                                  LimitScope::kNameSet};

// Each CA has one account of ours: its name says which.
std::vector<LimitKey> KeysAt(const std::string& ca, const std::vector<std::string>& names) {
  return KeysOf(ca, names);
}

std::vector<LimitKey> OfScope(LimitScope scope, const std::vector<LimitKey>& keys) {
  std::vector<LimitKey> selected;
  std::ranges::copy_if(keys, std::back_inserter(selected),
                       [scope](const LimitKey& key) { return key.scope == scope; });
  return selected;
}

absl::Status AddUses(CaRecords& cas, const CertificateAuthority& authority, LimitScope scope,
                     const std::vector<LimitKey>& keys) {
  const absl::Duration kept = KeptFor(authority.limits, scope);
  const std::vector<LimitKey> used = OfScope(scope, keys);
  if (kept == absl::ZeroDuration() || used.empty()) return absl::OkStatus();
  return cas.AddUses(authority.name, used, kept);
}

absl::Status AddOrderUses(CaRecords& cas, const CertificateAuthority& authority,
                          const std::vector<std::string>& names) {
  const std::vector<LimitKey> keys = KeysAt(authority.name, names);
  for (const LimitScope scope : kOrderScopes) {
    RETURN_IF_ERROR(AddUses(cas, authority, scope, keys));
  }
  return absl::OkStatus();
}

// A newOrder that is to be sent: as the order is stored before it, or what it waits for instead.
struct Counted {
  std::optional<LimitWait> wait;
  OrderProgress progress;
};

absl::StatusOr<Counted> CountIn(Transaction& transaction, const OrderJob& job) {
  CaRecords& cas = transaction.cas();
  ASSIGN_OR_RETURN(const Order stored, transaction.GetOrder(job.order.id));
  RETURN_IF_ERROR(LockBackup(transaction, job.certificate));
  if (!job.authority.limits.empty()) RETURN_IF_ERROR(cas.LockUses(job.authority.name));
  Counted counted;
  ASSIGN_OR_RETURN(counted.wait, FindWait(cas, job.authority, job.order.names, transaction.now()));
  if (counted.wait) return counted;
  ASSIGN_OR_RETURN(counted.wait, AwaitTwin(transaction, stored, job.certificate));
  if (counted.wait) return counted;
  RETURN_IF_ERROR(AddOrderUses(cas, job.authority, job.order.names));
  Order order = job.order;
  order.new_order_sent = true;
  ASSIGN_OR_RETURN(const auto progress, SaveOver(stored, transaction, job, std::move(order)));
  if (!progress) return absl::FailedPreconditionError("the order is not wanted any more");
  counted.progress = *progress;
  return counted;
}

}  // namespace

absl::StatusOr<std::optional<LimitWait>> FindWait(CaRecords& cas,
                                                  const CertificateAuthority& authority,
                                                  const std::vector<std::string>& names,
                                                  absl::Time now) {
  const std::vector<LimitKey> keys = KeysAt(authority.name, names);
  ASSIGN_OR_RETURN(std::vector<LimitWait> waits, cas.GetWaits(authority.name, keys));
  for (const CaLimit& limit : authority.limits) {
    ASSIGN_OR_RETURN(const std::vector<KeyUse> uses,
                     cas.NthNewestUses(authority.name, OfScope(limit.scope, keys), limit));
    for (const KeyUse& use : uses) {
      const absl::Time free = FreeTime(limit, use.time, now);
      if (free > now) waits.push_back(CountedWait(limit, use.key, free, use.assumed));
    }
  }
  const auto last = std::ranges::max_element(waits, {}, &LimitWait::end_time);
  return last == waits.end() ? std::nullopt : std::optional(*last);
}

std::vector<LimitKey> FailedValidations(const std::string& ca,
                                        const std::vector<std::string>& names) {
  return OfScope(LimitScope::kFailedValidations, KeysAt(ca, names));
}

absl::Status AddFailedValidations(CaRecords& cas, const CertificateAuthority& authority,
                                  const std::vector<LimitKey>& failed) {
  return AddUses(cas, authority, LimitScope::kFailedValidations, failed);
}

absl::Status TakeBackOrderUses(CaRecords& cas, const std::string& ca, const UnsentOrder& unsent) {
  std::vector<LimitKey> keys;
  for (const LimitScope scope : kOrderScopes) {
    std::ranges::move(OfScope(scope, KeysAt(ca, unsent.names)), std::back_inserter(keys));
  }
  return cas.TakeBackUses(ca, keys, unsent.since);
}

absl::StatusOr<std::optional<LimitWait>> CountNewOrder(OrderJob& job) {
  Counted counted;
  RETURN_IF_ERROR(
      job.services.store.Checkpoint(job.lease, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(counted, CountIn(transaction, job));
        return absl::OkStatus();
      }));
  if (counted.wait) return counted.wait;
  job.order.new_order_sent = true;
  Stored(counted.progress, job);
  return counted.wait;
}

}  // namespace cert
