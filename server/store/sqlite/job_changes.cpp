#include "store/sqlite/job_changes.h"

#include "jobs/deadlines.h"
#include "jobs/system_job.h"
#include "store/sqlite/webhook_commands.h"

namespace taskgate::sqlite {
namespace {

using jobs::Job;
using jobs::JobStatus;

void end_lease(Job& job) {
  job.worker.reset();
  job.worker_user.reset();
  job.lease_expires_at.reset();
}

void tell(WriteContext& context, JobId dependent, JobId ended, JobStatus status, Time now) {
  auto job = context.rows.find(dependent);
  if (!job || job->status != JobStatus::pending || job->blocked_by == 0) return;
  const bool completed = status == JobStatus::completed;
  if (!completed && job->terms.on_dependency_failure == jobs::OnDependencyFailure::wait) return;
  const Standing before = standing_of(*job);
  if (completed) {
    --job->blocked_by;
    touch(*job, now);
  } else {
    job->error = jobs::dependency_failure(ended, status);
    finish(*job, JobStatus::failed, now);
  }
  store(context, before, *job, now);
  context.followed.push_back(std::move(*job));
}

}  // namespace

void touch(Job& job, Time now) {
  job.updated_at = now;
  ++job.revision;
}

void finish(Job& job, JobStatus status, Time now) {
  end_lease(job);
  job.status = status;
  job.run_at.reset();
  job.blocked_by = 0;
  job.completed_at = now;
  touch(job, now);
}

void wait(Job& job, std::optional<Time> run_at, Time now) {
  end_lease(job);
  job.status = JobStatus::pending;
  job.run_at = run_at && *run_at > now ? run_at : std::nullopt;
  touch(job, now);
}

void store(WriteContext& context, const Standing& before, const Job& after, Time now) {
  const bool was_finished = jobs::is_finished(before.status);
  const bool is_finished = jobs::is_finished(after.status);
  if (was_finished || is_finished) {
    context.rows.store_finish(after);
    if (is_finished && after.terms.unique_key) context.keys.drop(after);
    if (is_finished && after.user_id == jobs::system_owner) context.rows.drop_sealed(after.id);
  } else {
    context.rows.store_live(after);
  }
  if (before.status == JobStatus::processing && after.status == JobStatus::processing) {
    context.live.renew(before, after);
  } else {
    if (context.live.leave(before)) context.slot_freed = true;
    context.live.enter(after, now);
  }
  context.terms.update(after);
  context.counts.moved(after.user_id, before.status, after.status);
  if (!was_finished && is_finished && context.terms.is_awaited(after.id))
    context.ended.emplace_back(after.id, after.status);
  if (!was_finished && is_finished) tell_webhooks(context, after, now);
}

// Without recursion: chains of jobs may be long.
void tell_dependents(WriteContext& context, Time now) {
  while (!context.ended.empty()) {
    const auto [ended, status] = context.ended.back();
    context.ended.pop_back();
    for (const JobId dependent : context.terms.dependents_of(ended)) tell(context, dependent, ended, status, now);
  }
}

bool is_expired(const Job& job, Time now) {
  const auto deadline = jobs::start_deadline(job);
  return deadline && *deadline <= now;
}

Job expire(WriteContext& context, Job job, Time now) {
  const Standing before = standing_of(job);
  ++job.fence;
  job.error = jobs::expired_error;
  finish(job, JobStatus::failed, now);
  store(context, before, job, now);
  return job;
}

std::optional<FailedDependency> count_dependencies(WriteContext& context, Job& job) {
  job.blocked_by = 0;
  for (const JobId id : job.terms.depends_on) {
    const auto dependency = context.rows.find_dependency(id);
    if (!dependency) {
      // It had completed when this one started. Of one that never started nobody can tell.
      if (job.started_at) continue;
      return FailedDependency{id, std::nullopt};
    }
    if (dependency->status == JobStatus::completed) continue;
    if (jobs::is_finished(dependency->status) && job.terms.on_dependency_failure == jobs::OnDependencyFailure::fail) {
      return FailedDependency{id, dependency->status};
    }
    ++job.blocked_by;
  }
  return std::nullopt;
}

std::optional<Job> find_holder(WriteContext& context, const Job& job, Time now) {
  const auto taker = context.keys.find_taker(job.user_id, *job.terms.unique_key);
  if (!taker) return std::nullopt;
  auto holder = context.rows.find(*taker);
  if (holder && !jobs::holds_unique_key(*holder, now)) holder.reset();
  return holder;
}

std::optional<Job> find_in_scope(WriteContext& context, const jobs::Scope& scope, JobId id) {
  auto job = context.rows.find(id);
  if (job && scope.user && job->user_id != *scope.user) job.reset();
  return job;
}

Error conflict(std::string reason, std::string message) {
  return {ErrorCode::conflict, std::move(reason), std::move(message), {}, std::nullopt};
}

}  // namespace taskgate::sqlite
