#include "store/sqlite/job_commands.h"

#include <map>

#include "jobs/system_job.h"
#include "store/sqlite/control_commands.h"
#include "store/sqlite/job_changes.h"

namespace taskgate::sqlite {
namespace {

using jobs::AttemptOutcome;
using jobs::Job;
using jobs::JobStatus;
using jobs::Settled;
using jobs::Settlement;
using jobs::SettlementKind;
using jobs::SettleStatus;

// A claim that finds only jobs that have expired ends after so many of them, so that others get their turn with the
// store.
constexpr std::size_t expired_per_claim_max = 1'000;

void start(Job& job, const jobs::ClaimRequest& request, Time now) {
  job.status = JobStatus::processing;
  ++job.attempts;
  ++job.fence;
  job.progress = 0;
  job.progress_message.reset();
  job.run_at.reset();
  job.started_at = now;
  job.worker = request.worker;
  job.worker_user = request.worker_user;
  job.lease_expires_at = now + request.lease;
  touch(job, now);
}

// The attempt that a completed job ends with stays in its own row, see job_rows.h.
void keep_attempt(WriteContext& context, const Settlement& settlement, const Job& job, Time now) {
  if (settlement.kind == SettlementKind::complete) return;
  if (settlement.kind == SettlementKind::release) {
    context.rows.add_attempt(job, AttemptOutcome::released, std::nullopt, now);
  } else {
    context.rows.add_attempt(job, AttemptOutcome::failed, settlement.error, now);
  }
}

void apply(const Settlement& settlement, Job& job, Time now) {
  switch (settlement.kind) {
    case SettlementKind::complete:
      job.result = settlement.result;
      job.error.reset();
      job.progress = 100;
      return finish(job, JobStatus::completed, now);
    case SettlementKind::fail:
      job.error = settlement.error;
      return finish(job, JobStatus::failed, now);
    case SettlementKind::retry:
      job.error = settlement.error;
      ++job.retries;
      return wait(job, settlement.run_at, now);
    case SettlementKind::release:
      --job.attempts;
      return wait(job, settlement.run_at, now);
  }
}

// Why a settlement whose lease is not running changes nothing. The attempts tell what became of that lease.
SettleStatus explain_stale(WriteContext& context, const Job& job, std::int64_t fence) {
  if (job.status == JobStatus::completed && job.fence == fence) return SettleStatus::already_settled;
  const auto outcome = context.rows.find_outcome(job.id, fence);
  if (!outcome || *outcome == AttemptOutcome::crashed) return SettleStatus::stale_lease;
  return *outcome == AttemptOutcome::cancelled ? SettleStatus::cancelled : SettleStatus::already_settled;
}

Settled settle_one(WriteContext& context, const Settlement& settlement, Time now) {
  auto job = context.rows.find(settlement.id);
  if (!job) return {SettleStatus::stale_lease, std::nullopt};
  if (job->status != JobStatus::processing || job->fence != settlement.fence) {
    return {explain_stale(context, *job, settlement.fence), std::nullopt};
  }
  const Standing before = standing_of(*job);
  keep_attempt(context, settlement, *job, now);
  apply(settlement, *job, now);
  store(context, before, *job, now);
  return {SettleStatus::ok, std::move(job)};
}

std::optional<Job> beat_one(WriteContext& context, const jobs::Beat& beat, Time now) {
  auto job = context.rows.find(beat.id);
  if (!job || job->status != JobStatus::processing || job->fence != beat.fence) return std::nullopt;
  if (beat.checkpoint) context.records.store_checkpoint(job->id, *beat.checkpoint);
  if (!beat.log.empty()) context.records.add_lines(*job, beat.log, now);
  if (!beat.extend && !beat.progress && !beat.progress_message) return job;
  const Standing before = standing_of(*job);
  if (beat.extend) job->lease_expires_at = now + *beat.extend;
  if (beat.progress) job->progress = *beat.progress;
  if (beat.progress_message) job->progress_message = beat.progress_message;
  // A lease that is merely prolonged is no news about the job.
  if (beat.progress || beat.progress_message) touch(*job, now);
  store(context, before, *job, now);
  return job;
}

// Ends an attempt that went silent. The job goes back to its place, or is given up as poison.
Job crash(WriteContext& context, Job job, int crashes_max, Time now) {
  const Standing before = standing_of(job);
  context.rows.add_attempt(job, AttemptOutcome::crashed, "The worker stopped without a word", now);
  ++job.crashes;
  if (job.crashes > crashes_max) {
    job.error = fmt::format("poison: the job crashed {} times", job.crashes);
    finish(job, JobStatus::failed, now);
  } else {
    wait(job, std::nullopt, now);
  }
  store(context, before, job, now);
  return job;
}

}  // namespace

Result<void> submit_jobs(WriteContext& context, std::vector<Job>& jobs, Time now) {
  std::map<UserId, std::int64_t> added;
  for (const auto& job : jobs) ++added[job.user_id];
  for (const auto& [user, number] : added) {
    if (auto full = backlog_refusal(context, user, number)) return *full;
  }
  for (auto& job : jobs) {
    if (job.run_at && *job.run_at <= now) job.run_at.reset();
    context.rows.insert(job);
  }
  for (const auto& job : jobs) {
    context.live.enter(job, now);
    context.terms.update(job);
    context.counts.added(job.user_id, job.status);
  }
  return {};
}

jobs::Claim claim_jobs(WriteContext& context, const jobs::ClaimRequest& request, Time now) {
  context.live.promote_due(context.rows, now);
  jobs::Claim claim;
  claim.jobs.reserve(std::min(request.max, context.live.ready()));
  std::size_t bytes = 0;
  while (claim.jobs.size() < request.max) {
    if (bytes >= jobs::claim_bytes_max) {
      claim.next_due = now;
      break;
    }
    const auto id = context.live.pop(request.types, request.scope, now);
    if (!id) break;
    auto job = context.rows.find(*id);
    // Someone else edited the database by hand.
    if (!job || job->status != JobStatus::pending) {
      context.live.give_up(*id);
      continue;
    }
    if (is_expired(*job, now)) {
      context.followed.push_back(expire(context, std::move(*job), now));
      if (context.followed.size() < expired_per_claim_max) continue;
      claim.next_due = now;  // there may be more to start behind these
      break;
    }
    start(*job, request, now);
    context.rows.store_live(*job);
    context.live.enter(*job, now);
    context.terms.update(*job);
    context.counts.moved(job->user_id, JobStatus::pending, JobStatus::processing);
    bytes += jobs::carried_bytes(*job);
    // Only an earlier attempt can have left one.
    if (job->fence > 1) {
      if (auto left = context.records.find_checkpoint(*id)) {
        bytes += left->size();
        claim.checkpoints.emplace(*id, std::move(*left));
      }
    }
    if (job->user_id == jobs::system_owner) job->sealed = context.rows.find_sealed(job->id);
    claim.jobs.push_back(std::move(*job));
  }
  for (const auto& [type, level] : context.live.take_changed_levels()) context.controls.store_level(type, level);
  tell_dependents(context, now);
  if (claim.jobs.size() < request.max && !claim.next_due) claim.next_due = context.live.next_due(request.types);
  return claim;
}

std::vector<Settled> settle_jobs(WriteContext& context, const std::vector<Settlement>& settlements, Time now) {
  std::vector<Settled> settled;
  settled.reserve(settlements.size());
  for (const auto& settlement : settlements) settled.push_back(settle_one(context, settlement, now));
  tell_dependents(context, now);
  return settled;
}

std::vector<Job> release_held_jobs(WriteContext& context, const UserId& worker_user, const std::string& worker,
                                   Time now) {
  std::vector<Job> released;
  for (const JobId id : context.live.leased()) {
    const auto fence = context.rows.find_lease(id, worker_user, worker);
    if (!fence) continue;
    auto settled =
        settle_one(context, {id, *fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt}, now);
    if (settled.job) released.push_back(std::move(*settled.job));
  }
  return released;
}

std::vector<std::optional<Job>> beat_jobs(WriteContext& context, const std::vector<jobs::Beat>& beats, Time now) {
  std::vector<std::optional<Job>> answers;
  answers.reserve(beats.size());
  for (const auto& beat : beats) answers.push_back(beat_one(context, beat, now));
  return answers;
}

std::vector<Job> reclaim_expired_jobs(WriteContext& context, int crashes_max, Time now) {
  std::vector<Job> reclaimed;
  for (const JobId id : context.live.expired_leases(now)) {
    auto job = context.rows.find(id);
    if (job && job->status == JobStatus::processing)
      reclaimed.push_back(crash(context, std::move(*job), crashes_max, now));
  }
  tell_dependents(context, now);
  return reclaimed;
}

std::vector<Job> recover_jobs(WriteContext& context, const std::string& worker, int crashes_max,
                              std::chrono::milliseconds lease, Time now) {
  std::vector<Job> reclaimed;
  for (const JobId id : context.live.leased()) {
    auto job = context.rows.find(id);
    if (!job || job->status != JobStatus::processing) continue;
    if (job->worker == worker) {
      reclaimed.push_back(crash(context, std::move(*job), crashes_max, now));
    } else {
      const Standing before = standing_of(*job);
      job->lease_expires_at = std::max(*job->lease_expires_at, now + lease);
      store(context, before, *job, now);
    }
  }
  tell_dependents(context, now);
  return reclaimed;
}

}  // namespace taskgate::sqlite
