#include "base/metrics.h"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

TEST(Metrics, WritesThePrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("taskgate_requests_total", "Requests answered", {{"status", "200"}}).Increment(3);
  metrics.gauge("taskgate_connections", "Open connections").Set(2);
  metrics.histogram("taskgate_request_seconds", "Time to answer", {0.1, 1}).Observe(0.5);
  const std::string text = metrics.to_text();
  EXPECT_NE(text.find("# TYPE taskgate_requests_total counter"), std::string::npos) << text;
  EXPECT_NE(text.find("taskgate_requests_total{status=\"200\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("taskgate_connections 2"), std::string::npos) << text;
  EXPECT_NE(text.find("taskgate_request_seconds_bucket{le=\"0.1\"} 0"), std::string::npos) << text;
  EXPECT_NE(text.find("taskgate_request_seconds_bucket{le=\"+Inf\"} 1"), std::string::npos) << text;
}

TEST(Metrics, GivesTheSameCounterForTheSameNameAndLabels) {
  Metrics metrics;
  auto& first = metrics.counter("taskgate_x_total", "x", {{"a", "1"}});
  EXPECT_EQ(&first, &metrics.counter("taskgate_x_total", "x", {{"a", "1"}}));
  EXPECT_NE(&first, &metrics.counter("taskgate_x_total", "x", {{"a", "2"}}));
}

}  // namespace
}  // namespace taskgate
