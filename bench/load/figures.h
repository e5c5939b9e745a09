#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace taskgate::bench {

// How long each of many operations took.
class Durations {
 public:
  void add(std::chrono::nanoseconds duration) { nanoseconds_.push_back(duration.count()); }
  [[nodiscard]] std::size_t size() const { return nanoseconds_.size(); }
  // In milliseconds, of the operation that `share` (0 to 1) of them were not slower than; 0 without any.
  [[nodiscard]] double quantile(double share);

 private:
  std::vector<std::chrono::nanoseconds::rep> nanoseconds_;
};

// What this process used of the processor so far, user and system together, in seconds.
[[nodiscard]] double processor_seconds();

// The result line of a generator: one JSON object of numbers.
class Report {
 public:
  Report& add(const char* name, double value);
  Report& add(const char* name, std::size_t value) { return add(name, static_cast<double>(value)); }
  // p50, p99 and the longest, in milliseconds.
  Report& add(const std::string& prefix, Durations& durations);
  void print() const;

 private:
  std::string text_;
};

}  // namespace taskgate::bench
