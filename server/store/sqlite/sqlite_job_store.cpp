#include "store/sqlite/sqlite_job_store.h"

#include "store/sqlite/control_commands.h"
#include "store/sqlite/job_commands.h"
#include "store/sqlite/job_counts.h"
#include "store/sqlite/job_execution.h"
#include "store/sqlite/job_pruning.h"
#include "store/sqlite/job_reads.h"
#include "store/sqlite/job_record_rows.h"
#include "store/sqlite/known_types.h"

// Each verb names its work first and awaits it then: a lambda inside a co_await expression is miscompiled by g++ 12.
namespace taskgate::sqlite {
namespace {

using jobs::Job;

// These read their row before they write it, and no rule of the schema can refuse what they write.
constexpr CommandTraits job_change{Isolation::first_write, 0};

std::size_t carried_bytes(const std::vector<jobs::Beat>& beats) {
  std::size_t bytes = 0;
  for (const auto& beat : beats) {
    if (beat.checkpoint) bytes += beat.checkpoint->size();
    for (const auto& line : beat.log) bytes += sizeof(line) + line.text.size();
  }
  return bytes;
}

CommandTraits submission(const std::vector<Job>& jobs) {
  std::size_t bytes = 0;
  for (const auto& job : jobs) bytes += sizeof(Job) + job.data.size();
  // One job fails with its own row; of several, those before it must be undone.
  return {jobs.size() > 1 ? Isolation::savepoint : Isolation::first_write, bytes};
}

}  // namespace

template <class Work>
Awaitable<std::invoke_result_t<Work&, WriteContext&>> SqliteJobStore::execute(Work work, CommandTraits traits) {
  auto executed = execute_on_jobs(writer_, *this, std::move(work), traits);
  co_return co_await std::move(executed);
}

Awaitable<Result<void>> SqliteJobStore::submit(std::vector<Job> jobs, Time now) {
  auto work = [&jobs, now](WriteContext& context) { return submit_jobs(context, jobs, now); };
  auto submitted = execute(work, submission(jobs));
  co_return co_await std::move(submitted);
}

Awaitable<Result<jobs::SubmitAnswer>> SqliteJobStore::submit_all(jobs::SubmitRequest request, Time now) {
  auto work = [&request, now](WriteContext& context) { return submit_all_jobs(context, request, now); };
  std::size_t bytes = 0;
  for (const auto& submission : request.submissions) bytes += sizeof(Job) + submission.job.data.size();
  const CommandTraits traits{Isolation::savepoint, bytes};
  auto submitted = execute(work, traits);
  co_return co_await std::move(submitted);
}

Awaitable<jobs::Claim> SqliteJobStore::claim(jobs::ClaimRequest request, Time now) {
  auto work = [&request, now](WriteContext& context) { return claim_jobs(context, request, now); };
  auto claimed = execute(work, job_change);
  co_return co_await std::move(claimed);
}

Awaitable<std::vector<jobs::Settled>> SqliteJobStore::settle(std::vector<jobs::Settlement> settlements, Time now) {
  auto work = [&settlements, now](WriteContext& context) { return settle_jobs(context, settlements, now); };
  auto settled = execute(work, job_change);
  co_return co_await std::move(settled);
}

Awaitable<std::vector<Job>> SqliteJobStore::release_held(UserId worker_user, std::string worker, Time now) {
  auto work = [&worker_user, &worker, now](WriteContext& context) {
    return release_held_jobs(context, worker_user, worker, now);
  };
  auto released = execute(work, job_change);
  co_return co_await std::move(released);
}

Awaitable<std::vector<std::optional<Job>>> SqliteJobStore::beat(std::vector<jobs::Beat> beats, Time now) {
  auto work = [&beats, now](WriteContext& context) { return beat_jobs(context, beats, now); };
  const CommandTraits traits{Isolation::first_write, carried_bytes(beats)};
  auto answered = execute(work, traits);
  co_return co_await std::move(answered);
}

Awaitable<std::vector<Job>> SqliteJobStore::reclaim_expired(int crashes_max, Time now) {
  auto work = [crashes_max, now](WriteContext& context) { return reclaim_expired_jobs(context, crashes_max, now); };
  auto reclaimed = execute(work, job_change);
  co_return co_await std::move(reclaimed);
}

Awaitable<std::vector<Job>> SqliteJobStore::recover(std::string worker, int crashes_max,
                                                    std::chrono::milliseconds lease, Time now) {
  auto work = [&worker, crashes_max, lease, now](WriteContext& context) {
    return recover_jobs(context, worker, crashes_max, lease, now);
  };
  auto reclaimed = execute(work, job_change);
  co_return co_await std::move(reclaimed);
}

Awaitable<jobs::DeadlineCheck> SqliteJobStore::check_deadlines(std::string own_worker, std::size_t limit, Time now) {
  auto work = [&own_worker, limit, now](WriteContext& context) {
    return check_job_deadlines(context, own_worker, limit, now);
  };
  auto checked = execute(work, job_change);
  co_return co_await std::move(checked);
}

Awaitable<Result<Job>> SqliteJobStore::cancel(jobs::Scope scope, JobId id, Time now) {
  auto work = [&scope, id, now](WriteContext& context) { return cancel_job(context, scope, id, now); };
  auto cancelled = execute(work, job_change);
  co_return co_await std::move(cancelled);
}

Awaitable<Result<Job>> SqliteJobStore::retry(jobs::Scope scope, JobId id, Time now) {
  auto work = [&scope, id, now](WriteContext& context) { return retry_job(context, scope, id, now); };
  auto retried = execute(work, job_change);
  co_return co_await std::move(retried);
}

Awaitable<Result<Job>> SqliteJobStore::change(jobs::Scope scope, JobId id, jobs::JobChange change, Time now) {
  auto work = [&scope, id, &change, now](WriteContext& context) { return change_job(context, scope, id, change, now); };
  auto changed = execute(work, job_change);
  co_return co_await std::move(changed);
}

Awaitable<std::vector<jobs::ActedJob>> SqliteJobStore::act(jobs::JobActionRequest request, Time now) {
  auto work = [&request, now](WriteContext& context) { return act_on_jobs(context, request, now); };
  auto acted = execute(work, job_change);
  co_return co_await std::move(acted);
}

Awaitable<jobs::TypeControl> SqliteJobStore::control_type(std::string type, jobs::TypeControlChange change, Time now) {
  auto work = [&type, &change, now](WriteContext& context) { return sqlite::control_type(context, type, change, now); };
  auto controlled = execute(work, job_change);
  co_return co_await std::move(controlled);
}

Awaitable<jobs::QueueControl> SqliteJobStore::control_queue(std::string queue, jobs::QueueControlChange change, Time) {
  auto work = [&queue, &change](WriteContext& context) { return sqlite::control_queue(context, queue, change); };
  auto controlled = execute(work, job_change);
  co_return co_await std::move(controlled);
}

Awaitable<jobs::UserControl> SqliteJobStore::control_user(UserId user, jobs::UserControlChange change, Time) {
  auto work = [&user, &change](WriteContext& context) { return sqlite::control_user(context, user, change); };
  auto controlled = execute(work, job_change);
  co_return co_await std::move(controlled);
}

Awaitable<jobs::QueueOverview> SqliteJobStore::queue_overview(Time now) {
  auto work = [now](WriteContext& context) { return sqlite::queue_overview(context, now); };
  auto seen = execute(work, job_change);
  co_return co_await std::move(seen);
}

Awaitable<Result<jobs::Explanation>> SqliteJobStore::explain(jobs::Scope scope, JobId id, Time now) {
  auto work = [&scope, id, now](WriteContext& context) { return explain_job(context, scope, id, now); };
  auto explained = execute(work, job_change);
  co_return co_await std::move(explained);
}

// What may go is looked for by a reader, so that the writer only removes.
Awaitable<jobs::PruneStep> SqliteJobStore::prune(jobs::Retention retention, jobs::PrunePlace place, std::size_t limit,
                                                 Time now) {
  auto look = [&retention, &place, limit, now](Database& database) {
    return find_prunable_jobs(database, retention, place, limit, now);
  };
  auto question = readers_.execute(look);
  const PrunableJobs found = co_await std::move(question);
  jobs::PruneStep step{0, found.next};
  if (!found.jobs.empty() || found.keys_have_expired) {
    auto work = [&found, limit, now](WriteContext& context) { return prune_jobs(context, found.jobs, limit, now); };
    auto pruned = execute(work, job_change);
    step.removed = co_await std::move(pruned);
  }
  co_return step;
}

Awaitable<Result<Job>> SqliteJobStore::get(jobs::Scope scope, JobId id) {
  auto read = [&scope, id](Database& database) { return get_job(database, scope, id); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<std::vector<jobs::Attempt>>> SqliteJobStore::attempts(jobs::Scope scope, JobId id) {
  auto read = [&scope, id](Database& database) { return get_attempts(database, scope, id); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<jobs::LogPage>> SqliteJobStore::log(jobs::Scope scope, JobId id, std::int64_t after,
                                                     std::size_t limit) {
  auto read = [&scope, id, after, limit](Database& database) {
    return read_job_log(database, scope, id, after, limit);
  };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<jobs::JobRecord>> SqliteJobStore::record(jobs::Scope scope, JobId id) {
  auto read = [&scope, id](Database& database) { return read_job_record(database, scope, id); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<jobs::JobPage> SqliteJobStore::list(jobs::Scope scope, jobs::JobFilter filter, std::size_t limit,
                                              std::optional<JobId> before) {
  const ListQuestion wanted{scope, filter, limit, before, page_examined_max_};
  auto read = [&wanted](Database& database) { return list_jobs(database, wanted); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<jobs::JobIdPage> SqliteJobStore::list_ids(jobs::Scope scope, jobs::JobFilter filter, std::size_t limit,
                                                    std::optional<JobId> before) {
  const ListQuestion wanted{scope, filter, limit, before, page_examined_max_};
  auto read = [&wanted](Database& database) { return list_job_ids(database, wanted); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<std::vector<std::string>> SqliteJobStore::types(jobs::Scope scope) {
  auto read = [&scope](Database& database) { return read_known_types(database, scope.user); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<jobs::JobCounts> SqliteJobStore::counts(jobs::Scope scope) {
  auto read = [&scope](Database& database) { return read_job_counts(database, scope.user); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

}  // namespace taskgate::sqlite
