#include "jobs/firing.h"

#include <utility>

#include "base/log.h"

namespace taskgate::jobs {
namespace {

constexpr std::chrono::milliseconds look_again_after{5'000};
// A timing that was understood once can only become unknown when the machine loses its time zone data.
constexpr std::chrono::milliseconds ask_again_after = std::chrono::minutes{10};

void move_on(Schedule& schedule, const Firing& firing) {
  if (!firing.slot) return;
  schedule.next_run_at = firing.next;
  schedule.look_at = firing.next;
}

Firing held(Firing firing, const Schedule& schedule, const Error& error) {
  log::error("a schedule cannot be followed, trying again in ten minutes",
             {{"schedule", to_string(schedule.id)}, {"error", error.fields.at(0).message}});
  firing.kind = FiringKind::hold;
  return firing;
}

}  // namespace

Result<Job> job_of(const Schedule& schedule, const JobOptions& options, IdGenerator& ids, Time now) {
  NewJob job = schedule.job;
  job.data_is_json = true;
  auto submission = make_submission(schedule.user_id, std::move(job), options, ids, now);
  if (!submission) return submission.error();
  submission->job.terms.schedule_id = to_string(schedule.id);
  return std::move(submission->job);
}

Firing plan_firing(const Schedule& schedule, const JobOptions& options, IdGenerator& ids, Time now) {
  Firing firing;
  firing.id = schedule.id;
  firing.revision = schedule.revision;
  firing.slot = schedule.next_run_at;
  firing.retry_at = now + ask_again_after;
  const Time slot = schedule.next_run_at.value_or(now);
  const auto timetable = Timetable::make(schedule.timing, slot);
  if (!timetable) return held(std::move(firing), schedule, timetable.error());
  firing.retry_at = now + look_again_after;
  const bool missed = now - slot > missed_after;
  if (missed && schedule.missed_fire == MissedFire::skip) {
    firing.kind = FiringKind::pass_over;
    firing.next = timetable->next(now - missed_after);  // the first that is not missed
    return firing;
  }
  firing.next = timetable->next(missed ? now : slot);
  auto job = job_of(schedule, options, ids, now);
  if (job) {
    firing.job = std::move(*job);
  } else {
    firing.kind = FiringKind::pass_over;
    firing.reason = SkipReason::refused;
  }
  return firing;
}

void note_run(Schedule& schedule, const Firing& firing, JobId job, Time now) {
  ++schedule.revision;
  schedule.last_run_at = now;
  schedule.last_job_id = job;
  move_on(schedule, firing);
}

void note_skip(Schedule& schedule, const Firing& firing, SkipReason reason, Time now) {
  ++schedule.revision;
  schedule.last_skipped_at = now;
  schedule.last_skip_reason = reason;
  move_on(schedule, firing);
}

void note_hold(Schedule& schedule, const Firing& firing) {
  ++schedule.revision;
  schedule.look_at = firing.retry_at;
}

bool is_current(const Schedule& schedule, const Firing& firing) {
  return schedule.revision == firing.revision && (!firing.slot || schedule.next_run_at == firing.slot);
}

}  // namespace taskgate::jobs
