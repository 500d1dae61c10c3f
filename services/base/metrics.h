// Prometheus metrics. Names follow padlock_<service>_<noun>_<unit>[_total]; label values come from
// small fixed sets (state, method, result, perspective, resolver), never from a tenant or hostname.

#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace base {

// Only to be written in the call itself: it owns none of its text.
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Thread-safe. Series are made at their first use; afterwards a thread finds those that it uses by
// a look-up of its own, for some are touched with every packet.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Adds `by` (≥ 0) to the counter.
  void Count(std::string_view name, Labels labels = {}, double by = 1);
  // Sets the gauge.
  void Set(std::string_view name, Labels labels, double value);
  // Observes a duration in seconds, in buckets from 1 ms to 100 s.
  void Observe(std::string_view name, Labels labels, double seconds);

  // The text exposition format, version 0.0.4.
  std::string Render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace base
