#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

// A moment of the wall clock, in UTC with a resolution of one millisecond: what is stored, compared and sent.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// Where the program learns what time it is. Rules and stores take `Time now` as a parameter; only services and tasks
// hold a Clock. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override;
};

// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = Time{std::chrono::milliseconds{1'767'225'600'000}}) : now_(start) {}
  [[nodiscard]] Time now() const override;
  void advance(std::chrono::milliseconds by);
  void set(Time to);

 private:
  mutable std::mutex mutex_;
  Time now_;
};

// ISO 8601 in UTC with milliseconds, as on the wire: "2026-01-31T09:30:00.000Z". Years 1970 to 9999.
[[nodiscard]] std::string to_iso8601(Time time);

// Reads what `to_iso8601` writes, with optional fraction (1 to 9 digits, cut to milliseconds) and with `Z` or a numeric
// offset. Nothing for anything else.
[[nodiscard]] std::optional<Time> from_iso8601(std::string_view text);

}  // namespace taskgate
