#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "jobs/schedule.h"
#include "jobs/submission.h"

namespace taskgate::jobs {

enum class FiringKind : std::uint8_t {
  run,        // make the job of the slot
  pass_over,  // leave the slot out: it was missed, or its job cannot be made
  hold,       // leave the slot for later
};

// What is to become of one slot, decided by the rules here and only carried out by the store.
struct Firing {
  ScheduleId id;
  // The schedule as it was looked at. When it has changed since then (another process was quicker, its owner edited
  // it), the firing is stale and does nothing.
  std::int64_t revision = 0;
  std::optional<Time> slot;  // as looked at; nothing: out of turn, which leaves the slots alone
  FiringKind kind = FiringKind::run;
  std::optional<Job> job;                  // of `run`
  SkipReason reason = SkipReason::missed;  // of `pass_over`
  std::optional<Time> next;                // the slot that is waited for after this one
  Time retry_at;                           // when to look again at a slot that is held up
};

enum class FireStatus : std::uint8_t {
  fired,    // `job` is the new one
  skipped,  // left out; with the overlap policy `skip`, `job` is the earlier one
  held,     // not now: the backlog is full, or it was asked for
  stale,    // nothing changed
};

struct Fired {
  FireStatus status = FireStatus::stale;
  std::optional<Schedule> schedule;  // as it stands now
  std::optional<Job> job;
  std::optional<Error> refusal;  // `backlog_full`, why it is held
};

// What is to become of the schedule's slot, which has come: on time it runs; later than `missed_after` the policy
// decides.
[[nodiscard]] Firing plan_firing(const Schedule& schedule, const JobOptions& options, IdGenerator& ids, Time now);
// The job of a schedule. Errors: as make_submission.
[[nodiscard]] Result<Job> job_of(const Schedule& schedule, const JobOptions& options, IdGenerator& ids, Time now);

// The steps that engines change a schedule by. A firing out of turn leaves the slots alone.
void note_run(Schedule& schedule, const Firing& firing, JobId job, Time now);
void note_skip(Schedule& schedule, const Firing& firing, SkipReason reason, Time now);
void note_hold(Schedule& schedule, const Firing& firing);
// Whether the firing is about the schedule as it stands.
[[nodiscard]] bool is_current(const Schedule& schedule, const Firing& firing);

}  // namespace taskgate::jobs
