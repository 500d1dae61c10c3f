#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <cstdint>
#include <map>

#include "absl/container/flat_hash_map.h"

namespace base {
namespace {

using PrometheusLabels = std::map<std::string, std::string>;

PrometheusLabels ToMap(Labels labels) {
  PrometheusLabels map;
  for (const auto& [name, value] : labels) map.emplace(name, value);
  return map;
}

const prometheus::Histogram::BucketBoundaries& SecondsBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100};
  return *buckets;
}

}  // namespace

// The registry returns the existing family or series when asked for it again, under its own locks.
// It throws when one name is used for two types, or is malformed: a bug that ends the process at
// its first run. Series stay where they are as long as the registry.
struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  const std::uint64_t number = [] {
    static std::atomic<std::uint64_t> made = 0;
    return ++made;
  }();
};

namespace {

// The series of one type that this thread has used, of the registry that it has used last. `make`
// asks the registry.
template <typename Series, typename Make>
Series& FindSeries(std::uint64_t registry, std::string_view name, Labels labels, Make make) {
  struct Known {
    std::uint64_t registry = 0;
    absl::flat_hash_map<std::string, Series*> series;
    std::string key;
  };
  thread_local Known known;
  if (known.registry != registry) {
    known.registry = registry;
    known.series.clear();
  }
  // No name or value holds a zero octet.
  known.key.assign(name);
  for (const auto& [label, value] : labels) {
    known.key.append(1, '\0').append(label).append(1, '\0').append(value);
  }
  const auto found = known.series.find(known.key);
  if (found != known.series.end()) return *found->second;
  Series& made = make(std::string(name), ToMap(labels));
  known.series.emplace(known.key, &made);
  return made;
}

}  // namespace

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::Count(std::string_view name, Labels labels, double by) {
  FindSeries<prometheus::Counter>(
      impl_->number, name, labels,
      [this](const std::string& family, const PrometheusLabels& map) -> auto& {
        return prometheus::BuildCounter().Name(family).Register(impl_->registry).Add(map);
      })
      .Increment(by);
}

void Metrics::Set(std::string_view name, Labels labels, double value) {
  FindSeries<prometheus::Gauge>(
      impl_->number, name, labels,
      [this](const std::string& family, const PrometheusLabels& map) -> auto& {
        return prometheus::BuildGauge().Name(family).Register(impl_->registry).Add(map);
      })
      .Set(value);
}

void Metrics::Observe(std::string_view name, Labels labels, double seconds) {
  FindSeries<prometheus::Histogram>(
      impl_->number, name, labels,
      [this](const std::string& family, const PrometheusLabels& map) -> auto& {
        return prometheus::BuildHistogram()
            .Name(family)
            .Register(impl_->registry)
            .Add(map, SecondsBuckets());
      })
      .Observe(seconds);
}

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace base
