#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "jobs/firing.h"
#include "jobs/job_store.h"
#include "jobs/schedule.h"

namespace taskgate::jobs {

struct SchedulePage {
  std::vector<Schedule> schedules;  // newest first
  std::optional<ScheduleId> next;   // give it as `before` for the next page; nothing when this is the last
};

struct DueSchedules {
  std::vector<Schedule> schedules;  // due by now, the longest due first
  bool more = false;                // there are more than the limit
  std::optional<Time> next;         // when the next of the others is due
};

// Where schedules are kept, beside the jobs they make. As with JobStore, each method is one atomic verb, on disk when
// it returns, and a broken engine throws StoreFailure.
class ScheduleStore {
 public:
  virtual ~ScheduleStore() = default;

  // Errors: conflict `schedule_name_taken`; conflict `too_many_schedules` when the user has `schedules_max` already.
  virtual Awaitable<Result<void>> create(Schedule schedule, std::size_t schedules_max) = 0;
  // Stores the schedule in place of the one with its id and raises the revision. Errors: not_found; conflict
  // `schedule_changed` when the stored one has another revision; `schedule_name_taken`.
  virtual Awaitable<Result<Schedule>> update(Schedule schedule) = 0;
  // The jobs it made stay. Errors: not_found (outside the scope, too).
  virtual Awaitable<Result<void>> remove(Scope scope, ScheduleId id) = 0;
  virtual Awaitable<Result<Schedule>> get(Scope scope, ScheduleId id) = 0;
  virtual Awaitable<SchedulePage> list(Scope scope, std::size_t limit, std::optional<ScheduleId> before) = 0;

  virtual Awaitable<DueSchedules> due(std::size_t limit, Time now) = 0;
  // Carries out each firing, whole or not at all: the job (the earlier one cancelled before, if the policy says so) and
  // the schedule's step to its next slot are one change. A slot is fired by the one who finds the schedule unchanged,
  // however many try. What follows for jobs is told by the JobStore (job_followed, slot_freed). One answer for each.
  virtual Awaitable<std::vector<Fired>> fire(std::vector<Firing> firings, Time now) = 0;
};

// Errors that every engine gives.
[[nodiscard]] Error schedule_name_taken(ScheduleId holder);
[[nodiscard]] Error too_many_schedules(std::size_t schedules_max);
[[nodiscard]] Error schedule_changed();

}  // namespace taskgate::jobs
