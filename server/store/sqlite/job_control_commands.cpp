#include <algorithm>

#include "store/sqlite/job_changes.h"
#include "store/sqlite/job_commands.h"

namespace taskgate::sqlite {

using jobs::Job;
using jobs::JobStatus;

jobs::DeadlineCheck check_job_deadlines(WriteContext& context, const std::string& own_worker, std::size_t limit,
                                        Time now) {
  jobs::DeadlineCheck check;
  for (const JobId id : context.terms.expired(limit, now)) {
    auto job = context.rows.find(id);
    if (job && is_expired(*job, now)) check.expired.push_back(expire(context, std::move(*job), now));
  }
  for (const JobId id : context.terms.timed_out(limit, now)) {
    auto job = context.rows.find(id);
    if (job && job->status == JobStatus::processing && job->worker != own_worker)
      check.timed_out.push_back(std::move(*job));
  }
  tell_dependents(context, now);
  check.more = check.expired.size() == limit || check.timed_out.size() == limit;
  check.next = context.terms.next(now);
  return check;
}

namespace {

Result<Job> cancel_found(WriteContext& context, const jobs::Scope& scope, std::optional<Job> job, Time now) {
  if (!job) return not_found("Job");
  if (jobs::is_finished(job->status)) return conflict("already_finished", "The job has already finished");
  const Standing before = standing_of(*job);
  if (job->status == JobStatus::processing) {
    context.rows.add_attempt(*job, jobs::AttemptOutcome::cancelled, std::nullopt, now);
  }
  ++job->fence;
  finish(*job, JobStatus::cancelled, now);
  context.records.add_note(*job, jobs::cancel_note(*job, scope.actor, now));
  store(context, before, *job, now);
  tell_dependents(context, now);
  return std::move(*job);
}

Result<Job> retry_found(WriteContext& context, const jobs::Scope& scope, std::optional<Job> job, Time now) {
  if (!job) return not_found("Job");
  if (job->status == JobStatus::completed) return conflict("already_completed", "The job has already completed");
  if (!jobs::is_finished(job->status)) return conflict("not_finished", "The job has not finished yet");
  const Standing before = standing_of(*job);
  if (const auto failed = count_dependencies(context, *job))
    return failed->status ? jobs::dependency_failed(failed->id) : jobs::dependency_gone(failed->id);
  if (job->terms.unique_key && job->terms.unique_for != jobs::UniqueFor::window) {
    const auto holder = find_holder(context, *job, now);
    if (holder && holder->id != job->id) return jobs::unique_key_taken(holder->id);
    context.keys.take(*job, now);
  }
  const jobs::JobNote note = jobs::retry_note(*job, scope.actor, now);
  // Nor is it new any more if it failed without ever having been started: its start has no deadline from here on.
  job->fence = std::max<std::int64_t>(job->fence, 1);
  job->retries = 0;
  job->crashes = 0;
  job->progress = 0;
  job->progress_message.reset();
  job->error.reset();
  job->result.reset();
  job->completed_at.reset();
  wait(*job, std::nullopt, now);
  context.records.add_note(*job, note);
  store(context, before, *job, now);
  return std::move(*job);
}

}  // namespace

Result<Job> cancel_job(WriteContext& context, const jobs::Scope& scope, JobId id, Time now) {
  return cancel_found(context, scope, find_in_scope(context, scope, id), now);
}

Result<Job> retry_job(WriteContext& context, const jobs::Scope& scope, JobId id, Time now) {
  return retry_found(context, scope, find_in_scope(context, scope, id), now);
}

std::vector<jobs::ActedJob> act_on_jobs(WriteContext& context, const jobs::JobActionRequest& request, Time now) {
  const auto act = request.action == jobs::JobAction::cancel ? cancel_found : retry_found;
  std::vector<jobs::ActedJob> acted;
  acted.reserve(request.ids.size());
  for (const JobId id : request.ids) {
    auto job = find_in_scope(context, request.scope, id);
    if (job && !jobs::matches(request.filter, *job)) {
      acted.push_back({id, jobs::no_longer_matches()});
    } else {
      acted.push_back({id, act(context, request.scope, std::move(job), now)});
    }
  }
  return acted;
}

Result<Job> change_job(WriteContext& context, const jobs::Scope& scope, JobId id, const jobs::JobChange& change,
                       Time now) {
  auto job = find_in_scope(context, scope, id);
  if (!job) return not_found("Job");
  if (job->status != JobStatus::pending) return conflict("not_pending", "Only a job that waits can be changed");
  const Standing before = standing_of(*job);
  const jobs::JobNote note = jobs::change_note(*job, change, scope.actor, now);
  if (change.priority) job->priority = *change.priority;
  if (change.run_at) job->run_at = *change.run_at > now ? change.run_at : std::nullopt;
  touch(*job, now);
  context.rows.store_change(*job);
  context.records.add_note(*job, note);
  context.live.leave(before);
  context.live.enter(*job, now);
  return std::move(*job);
}

}  // namespace taskgate::sqlite
