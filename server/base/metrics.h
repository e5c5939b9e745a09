#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>

namespace taskgate {

// The program's measurements, in the Prometheus data model (names: `taskgate_<noun>_<unit>[_total]`). References
// returned stay valid as long as the Metrics object; counting is lock-free, so keep the reference and count through it.
// Thread-safe.
class Metrics {
 public:
  Metrics();
  using Labels = std::map<std::string, std::string>;
  [[nodiscard]] prometheus::Counter& counter(const std::string& name, const std::string& help,
                                             const Labels& labels = {});
  [[nodiscard]] prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds`: upper bounds of the buckets, in the unit that the name states.
  [[nodiscard]] prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                                 const std::vector<double>& bounds, const Labels& labels = {});
  // Everything in the Prometheus text format 0.0.4.
  [[nodiscard]] std::string to_text() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace taskgate
