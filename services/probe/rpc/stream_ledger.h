// What one stream holds and how much more it may be sent. The service spends credit that we
// granted, a check holds it until it is released; credit unspent and checks held never exceed the
// share. Not thread-safe.

#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace probe {

class StreamLedger {
 public:
  // This stream's part of the worker's capacity. A smaller one takes effect as checks are released;
  // zero grants nothing more.
  void SetShare(std::uint32_t share) { share_ = share; }

  // The credit to grant now, which may be zero; it counts as granted.
  std::uint32_t TakeGrant();

  // A check arrives. False when there was no credit for it, or one of that id is held: the service
  // breaks the protocol.
  [[nodiscard]] bool Receive(const std::string& check_id);

  // The check is reported or cancelled. False when it was not held (any more).
  [[nodiscard]] bool Release(const std::string& check_id) { return held_.erase(check_id) > 0; }

  const std::set<std::string>& held() const { return held_; }

 private:
  std::uint32_t share_ = 0;
  std::uint32_t unspent_ = 0;
  std::set<std::string> held_;
};

}  // namespace probe
