#include "store/sqlite/schedule_commands.h"

#include <utility>

#include "store/sqlite/job_commands.h"
#include "store/sqlite/schedule_rows.h"

namespace taskgate::sqlite {
namespace {

using jobs::Fired;
using jobs::FireStatus;
using jobs::Firing;
using jobs::FiringKind;
using jobs::Job;
using jobs::Overlap;
using jobs::Schedule;

// The job of an earlier slot that has not finished, where the policy cares.
std::optional<Job> earlier_job(WriteContext& context, const Schedule& schedule) {
  if (!schedule.last_job_id || schedule.overlap == Overlap::allow) return std::nullopt;
  auto job = context.rows.find(*schedule.last_job_id);
  if (!job || jobs::is_finished(job->status)) return std::nullopt;
  return job;
}

Fired run(WriteContext& context, Schedule& schedule, Firing& firing, Time now) {
  auto earlier = earlier_job(context, schedule);
  if (earlier && schedule.overlap == Overlap::skip) {
    if (firing.slot) jobs::note_skip(schedule, firing, jobs::SkipReason::overlap, now);
    return {FireStatus::skipped, std::nullopt, std::move(earlier), std::nullopt};
  }
  jobs::SubmitRequest request;
  request.submissions.push_back({std::move(*firing.job), jobs::UniquePolicy::return_existing});
  auto answer = submit_all_jobs(context, request, now);
  jobs::Submitted& submitted = answer.value().jobs.at(0);
  if (submitted.status == jobs::SubmitStatus::refused) {
    if (firing.slot) jobs::note_hold(schedule, firing);
    return {FireStatus::held, std::nullopt, std::nullopt, std::move(submitted.refusal)};
  }
  if (earlier) {
    auto cancelled = cancel_job(context, {}, earlier->id, now);
    if (cancelled) context.followed.push_back(std::move(*cancelled));
  }
  jobs::note_run(schedule, firing, submitted.job.id, now);
  return {FireStatus::fired, std::nullopt, std::move(submitted.job), std::nullopt};
}

Fired fire_one(WriteContext& context, Firing& firing, Time now) {
  auto schedule = find_schedule(context.database, firing.id);
  if (!schedule || !jobs::is_current(*schedule, firing)) return {};
  Fired fired;
  if (firing.kind == FiringKind::run) {
    fired = run(context, *schedule, firing, now);
  } else if (firing.kind == FiringKind::hold) {
    jobs::note_hold(*schedule, firing);
    fired.status = FireStatus::held;
  } else {
    jobs::note_skip(*schedule, firing, firing.reason, now);
    fired.status = FireStatus::skipped;
  }
  store_step(context.database, *schedule);
  fired.schedule = std::move(*schedule);
  return fired;
}

}  // namespace

std::vector<Fired> fire_schedules(WriteContext& context, std::vector<Firing>& firings, Time now) {
  std::vector<Fired> answers;
  answers.reserve(firings.size());
  for (Firing& firing : firings) answers.push_back(fire_one(context, firing, now));
  return answers;
}

}  // namespace taskgate::sqlite
