#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "base/principal.h"
#include "base/result.h"
#include "base/signal.h"
#include "jobs/job_service.h"
#include "jobs/schedule_store.h"

namespace taskgate::jobs {

struct ScheduleOptions {
  std::size_t schedules_per_user_max = 1'000;
  std::size_t preview_runs_max = 100;
  JobOptions job = {};
};

// When, as asked for: `cron` with `time_zone` (UTC when not given), or `every`.
struct TimingRequest {
  std::optional<std::string> cron;
  std::optional<std::string> time_zone;
  std::optional<std::chrono::milliseconds> every;
};

// What a client asks for. Of the job, what says when it runs or that concerns other jobs is refused: delay, run_at,
// retry_until, unique, depends_on.
struct NewSchedule {
  std::string name;  // 1–128 printable characters
  NewJob job;
  TimingRequest timing;
  MissedFire missed_fire = MissedFire::once;
  Overlap overlap = Overlap::skip;
  bool paused = false;
};

// What is to be different; what is not given stays.
struct ScheduleChange {
  std::optional<std::string> name;
  NewJob job;
  std::set<std::string, std::less<>> job_fields;  // which of `job` are given, by their names on the wire
  TimingRequest timing;
  std::optional<MissedFire> missed_fire;
  std::optional<Overlap> overlap;
  std::optional<bool> paused;
};

// A schedule and its next slots.
struct ScheduleView {
  Schedule schedule;
  std::vector<Time> next_runs;  // up to five; none while paused
};

struct ScheduleViews {
  std::vector<ScheduleView> schedules;
  std::optional<ScheduleId> next;
};

// The rules about schedules, for those who own them; admins reach everybody's. Thread-safe; callable on any loop.
class ScheduleService {
 public:
  ScheduleService(ScheduleStore& store, JobService& jobs, const Clock& clock, IdGenerator& ids,
                  ScheduleOptions options = {});

  // On disk when it returns. Errors: validation_failed, naming every field that is wrong; conflict
  // `schedule_name_taken`, `too_many_schedules`.
  Awaitable<Result<ScheduleView>> create(Principal caller, NewSchedule wanted);
  // Another timing, or the end of a pause, starts from the present moment: the next slot is the first after it. Errors:
  // as create; not_found; conflict `schedule_changed` when others change it all the time.
  Awaitable<Result<ScheduleView>> change(Principal caller, ScheduleId id, ScheduleChange change);
  Awaitable<Result<ScheduleView>> get(Principal caller, ScheduleId id);  // Errors: not_found
  Awaitable<ScheduleViews> list_own(Principal caller, std::size_t limit, std::optional<ScheduleId> before);
  // Errors: forbidden `admin_only`.
  Awaitable<Result<ScheduleViews>> list_all(Principal caller, std::size_t limit, std::optional<ScheduleId> before);
  Awaitable<Result<void>> remove(Principal caller, ScheduleId id);  // Errors: not_found
  // Makes the schedule's job now, also while it is paused; its slots stay as they are. Errors: not_found; conflict
  // `schedule_busy` when an earlier job has not finished and the overlap policy is `skip`; too_many_requests
  // `backlog_full`.
  Awaitable<Result<Job>> run_now(Principal caller, ScheduleId id);
  // The next slots of a timing, from now on. Errors: validation_failed.
  [[nodiscard]] Result<std::vector<Time>> preview(TimingRequest timing, std::size_t count) const;

  // A slot may be due earlier than those that are waited for: look again.
  Signal<> timing_changed;

 private:
  [[nodiscard]] ScheduleView view(Schedule schedule) const;
  [[nodiscard]] ScheduleViews views(SchedulePage page) const;
  [[nodiscard]] std::optional<Error> check(const Schedule& schedule, Time now) const;

  ScheduleStore& store_;
  JobService& jobs_;
  const Clock& clock_;
  IdGenerator& ids_;
  ScheduleOptions options_;
};

}  // namespace taskgate::jobs
