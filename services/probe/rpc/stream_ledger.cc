#include "probe/rpc/stream_ledger.h"

namespace probe {

std::uint32_t StreamLedger::TakeGrant() {
  const std::uint32_t used = unspent_ + static_cast<std::uint32_t>(held_.size());
  if (used >= share_) return 0;
  unspent_ += share_ - used;
  return share_ - used;
}

bool StreamLedger::Receive(const std::string& check_id) {
  if (unspent_ == 0 || !held_.insert(check_id).second) return false;
  --unspent_;
  return true;
}

}  // namespace probe
