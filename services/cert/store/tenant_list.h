// Who the tenants are: for work on all of them, one after the other.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/ids.h"
#include "cert/store/connection_pool.h"

namespace cert {

// As role padlock_claim. Thread-safe.
class TenantList {
 public:
  // `pool` must outlive this.
  explicit TenantList(ConnectionPool& pool) : pool_(pool) {}

  // Up to `limit` tenants after `after`, in the order of their names. The store's errors.
  absl::StatusOr<std::vector<TenantId>> After(const TenantId& after, int limit) const;

 private:
  ConnectionPool& pool_;
};

// Calls `work` with each tenant until it fails.
template <typename Work>
absl::Status ForEachTenant(const TenantList& tenants, Work work) {
  constexpr int kPage = 500;
  TenantId last;
  while (true) {
    absl::StatusOr<std::vector<TenantId>> page = tenants.After(last, kPage);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    for (const TenantId& tenant : *page) {
      if (absl::Status status = work(tenant); !status.ok()) return status;
    }
    last = page->back();
  }
}

}  // namespace cert
