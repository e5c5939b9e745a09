#include "load/figures.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

namespace taskgate::bench {

double Durations::quantile(double share) {
  if (nanoseconds_.empty()) return 0;
  const auto last = nanoseconds_.size() - 1;
  const auto place = std::min(last, static_cast<std::size_t>(share * static_cast<double>(nanoseconds_.size())));
  const auto wanted = nanoseconds_.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(nanoseconds_.begin(), wanted, nanoseconds_.end());
  return static_cast<double>(*wanted) / 1e6;
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Report& Report::add(const char* name, double value) {
  text_ += fmt::format("{}\"{}\":{:.6g}", text_.empty() ? "" : ",", name, value);
  return *this;
}

Report& Report::add(const std::string& prefix, Durations& durations) {
  add((prefix + "P50Ms").c_str(), durations.quantile(0.5));
  add((prefix + "P99Ms").c_str(), durations.quantile(0.99));
  return add((prefix + "MaxMs").c_str(), durations.quantile(1));
}

void Report::print() const {
  fmt::print("{{{}}}\n", text_);
  std::fflush(stdout);
}

}  // namespace taskgate::bench
