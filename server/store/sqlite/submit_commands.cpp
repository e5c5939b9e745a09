#include <algorithm>

#include "store/sqlite/control_commands.h"
#include "store/sqlite/job_changes.h"
#include "store/sqlite/job_commands.h"
#include "store/sqlite/webhook_commands.h"

namespace taskgate::sqlite {
namespace {

using jobs::Job;
using jobs::JobStatus;
using jobs::Submission;
using jobs::SubmitStatus;
using jobs::Submitted;

// The dependency that is not a job of the same user.
std::optional<JobId> unknown_dependency_of(WriteContext& context, const Job& job) {
  for (const JobId id : job.terms.depends_on) {
    const auto dependency = context.rows.find_dependency(id);
    if (!dependency || dependency->user_id != job.user_id) return id;
  }
  return std::nullopt;
}

// Settles who has the unique key. Gives the answer when the job is not to be added.
std::optional<Submitted> yield_to_holder(WriteContext& context, Submission& submission, Time now) {
  auto holder = find_holder(context, submission.job, now);
  if (!holder) return std::nullopt;
  switch (submission.on_duplicate) {
    case jobs::UniquePolicy::return_existing:
      return Submitted{SubmitStatus::existing, std::move(*holder), std::nullopt};
    case jobs::UniquePolicy::reject:
      return Submitted{SubmitStatus::refused, {}, jobs::unique_key_taken(holder->id)};
    case jobs::UniquePolicy::replace:
      break;
  }
  const jobs::Scope owner{submission.job.user_id, submission.job.user_id};
  auto cancelled = cancel_job(context, owner, holder->id, now);
  if (cancelled) context.followed.push_back(std::move(*cancelled));
  return std::nullopt;
}

void wait_for_dependencies(WriteContext& context, Job& job, Time now) {
  const auto failed = count_dependencies(context, job);
  if (!failed) return;
  job.status = JobStatus::failed;
  job.error = jobs::dependency_failure(failed->id, failed->status.value_or(JobStatus::failed));
  job.blocked_by = 0;
  job.run_at.reset();
  job.completed_at = now;
}

Submitted submit_one(WriteContext& context, Submission& submission, Time now) {
  Job& job = submission.job;
  if (job.run_at && *job.run_at <= now) job.run_at.reset();
  if (!job.terms.depends_on.empty()) {
    if (const auto unknown = unknown_dependency_of(context, job)) {
      return {SubmitStatus::refused, {}, jobs::unknown_dependency(*unknown)};
    }
  }
  const auto full = backlog_refusal(context, job.user_id, 1);
  const bool replaces = job.terms.unique_key && submission.on_duplicate == jobs::UniquePolicy::replace;
  if (full && (!job.terms.unique_key || replaces)) return {SubmitStatus::refused, {}, full};
  if (job.terms.unique_key) {
    if (auto answer = yield_to_holder(context, submission, now)) return std::move(*answer);
  }
  if (full) return {SubmitStatus::refused, {}, full};
  // After a holder was cancelled: the job may depend on it.
  if (!job.terms.depends_on.empty()) wait_for_dependencies(context, job, now);
  context.rows.insert(job);
  if (jobs::holds_unique_key(job, now)) context.keys.take(job, now);
  context.live.enter(job, now);
  context.terms.update(job);
  context.counts.added(job.user_id, job.status);
  // Failed from the start, with what it depends on.
  if (jobs::is_finished(job.status)) tell_webhooks(context, job, now);
  return {SubmitStatus::created, std::move(job), std::nullopt};
}

}  // namespace

Result<jobs::SubmitAnswer> submit_all_jobs(WriteContext& context, jobs::SubmitRequest& request, Time now) {
  jobs::SubmitAnswer answer;
  const auto& identity = request.idempotency;
  if (identity) {
    if (auto kept = context.keys.find_answer(*identity, now)) {
      if (!kept->same_request) return jobs::idempotency_mismatch();
      answer.repeated = std::move(kept->text);
      return answer;
    }
  }
  answer.jobs.reserve(request.submissions.size());
  for (auto& submission : request.submissions) answer.jobs.push_back(submit_one(context, submission, now));
  tell_dependents(context, now);
  const auto accepted = [](const Submitted& each) { return each.status != SubmitStatus::refused; };
  if (identity && std::any_of(answer.jobs.begin(), answer.jobs.end(), accepted)) {
    context.keys.keep_answer(*identity, identity->write_answer(answer.jobs), now);
  }
  return answer;
}

}  // namespace taskgate::sqlite
