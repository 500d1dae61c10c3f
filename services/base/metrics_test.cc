#include "base/metrics.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

namespace base {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, CountersAddUpPerLabelSet) {
  Metrics metrics;
  metrics.Count("padlock_test_orders_total", {{"result", "issued"}});
  metrics.Count("padlock_test_orders_total", {{"result", "issued"}}, 2);
  metrics.Count("padlock_test_orders_total", {{"result", "failed"}});
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("# TYPE padlock_test_orders_total counter\n"));
  EXPECT_THAT(text, HasSubstr("padlock_test_orders_total{result=\"issued\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("padlock_test_orders_total{result=\"failed\"} 1\n"));
}

TEST(MetricsTest, AGaugeShowsItsLastValue) {
  Metrics metrics;
  metrics.Set("padlock_test_workers", {}, 3);
  metrics.Set("padlock_test_workers", {}, 2);
  EXPECT_THAT(metrics.Render(), HasSubstr("padlock_test_workers 2\n"));
}

TEST(MetricsTest, DurationsFallIntoCumulativeBuckets) {
  Metrics metrics;
  metrics.Observe("padlock_test_step_seconds", {}, 0.004);
  metrics.Observe("padlock_test_step_seconds", {}, 3);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("padlock_test_step_seconds_bucket{le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("padlock_test_step_seconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("padlock_test_step_seconds_bucket{le=\"5\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("padlock_test_step_seconds_count 2\n"));
}

TEST(MetricsTest, OneThreadsInstancesDoNotCountForEachOther) {
  Metrics first;
  first.Count("padlock_test_orders_total");
  {
    Metrics second;
    second.Count("padlock_test_orders_total", {}, 5);
    EXPECT_THAT(second.Render(), HasSubstr("padlock_test_orders_total 5\n"));
  }
  first.Count("padlock_test_orders_total");
  EXPECT_THAT(first.Render(), HasSubstr("padlock_test_orders_total 2\n"));
}

TEST(MetricsTest, AllThreadsCountForTheSameSeries) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) metrics.Count("padlock_test_orders_total", {{"a", "b"}});
      });
    }
  }
  EXPECT_THAT(metrics.Render(), HasSubstr("padlock_test_orders_total{a=\"b\"} 4000\n"));
}

}  // namespace
}  // namespace base
