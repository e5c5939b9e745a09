#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace taskgate {

// A time zone of the IANA database ("Europe/Berlin"), as the machine's `tzdata` package knows it. Cheap to copy,
// thread-safe. The data of a zone are read once: a newer tzdata counts from the next start of the program.
class TimeZone {
 public:
  // A stretch of time during which the zone's clocks neither jump nor change their distance from UTC.
  struct Stretch {
    std::optional<Time> begin;             // nothing: since ever
    std::optional<Time> end;               // the first moment after it; nothing: for ever
    std::chrono::seconds offset{};         // local time minus UTC
    std::chrono::seconds offset_before{};  // of the stretch before; the same as `offset` when there is none
  };

  // "UTC" is always there. Names are exact, capitals count. Errors: validation_failed `timeZone`.
  [[nodiscard]] static Result<TimeZone> find(std::string_view name);
  [[nodiscard]] static TimeZone utc();

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] Stretch stretch_at(Time time) const;

 private:
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const Rules> rules_;
};

}  // namespace taskgate
