#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/new_job.h"
#include "jobs/timetable.h"

namespace taskgate::jobs {

// A schedule's id: made like a job's, shown as 16 lowercase hex digits.
struct ScheduleId {
  std::uint64_t value = 0;
  auto operator<=>(const ScheduleId&) const = default;
};

[[nodiscard]] std::string to_string(ScheduleId id);
[[nodiscard]] std::optional<ScheduleId> parse_schedule_id(std::string_view text);

// What becomes of slots that passed by more than `missed_after`: the server was down, the clock was set forward, the
// backlog was full.
enum class MissedFire : std::uint8_t {
  skip,  // they are left out
  once,  // one job makes up for all of them
};

// What becomes of a slot while the job of an earlier one has not finished (it waits, waits for a retry, or runs).
enum class Overlap : std::uint8_t {
  skip,     // the slot is left out
  allow,    // its job is made all the same
  replace,  // the earlier job is cancelled, also while it runs
};

// Why a slot was left out.
enum class SkipReason : std::uint8_t {
  overlap,           // the job of an earlier slot had not finished
  missed,            // it passed by unseen
  refused,           // its job would be refused at submit by now
  account_disabled,  // its owner's account is disabled
};

[[nodiscard]] std::string_view to_string(MissedFire policy);
[[nodiscard]] std::string_view to_string(Overlap policy);
[[nodiscard]] std::string_view to_string(SkipReason reason);

// A slot later than this counts as missed.
inline constexpr std::chrono::milliseconds missed_after{60'000};

// Makes jobs at the slots that its timing names, each slot once.
struct Schedule {
  ScheduleId id;
  UserId user_id;
  std::string name;  // the only one of its user's with this name
  NewJob job;        // what each job is made from; type, data, priority, retries, queue, tags, timeout, ttl, backoff
  Timing timing;
  MissedFire missed_fire = MissedFire::once;
  Overlap overlap = Overlap::skip;
  bool paused = false;
  Time created_at;
  Time updated_at;                  // by its owner; slots do not count
  std::int64_t revision = 0;        // raised by each stored change
  std::optional<Time> next_run_at;  // the slot that is waited for; nothing while paused
  std::optional<Time> look_at;      // when it is due: the slot, or later while the slot is held up by a full backlog
  std::optional<Time> last_run_at;
  std::optional<JobId> last_job_id;
  std::optional<Time> last_skipped_at;
  std::optional<SkipReason> last_skip_reason;

  // The slot has come and waits for room.
  [[nodiscard]] bool held_up() const { return next_run_at && look_at && *look_at > *next_run_at; }
};

}  // namespace taskgate::jobs
