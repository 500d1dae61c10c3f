#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace base {
namespace {

using PrometheusLabels = std::map<std::string, std::string>;

PrometheusLabels ToMap(Labels labels) { return {labels.begin(), labels.end()}; }

const prometheus::Histogram::BucketBoundaries& SecondsBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100};
  return *buckets;
}

}  // namespace

// The registry returns the existing family or series when asked for it again, under its own locks.
// It throws when one name is used for two types, or is malformed: a bug that ends the process at
// its first run.
struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::Count(const std::string& name, Labels labels, double by) {
  prometheus::BuildCounter().Name(name).Register(impl_->registry).Add(ToMap(labels)).Increment(by);
}

void Metrics::Set(const std::string& name, Labels labels, double value) {
  prometheus::BuildGauge().Name(name).Register(impl_->registry).Add(ToMap(labels)).Set(value);
}

void Metrics::Observe(const std::string& name, Labels labels, double seconds) {
  prometheus::BuildHistogram()
      .Name(name)
      .Register(impl_->registry)
      .Add(ToMap(labels), SecondsBuckets())
      .Observe(seconds);
}

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace base
