#pragma once

#include <optional>
#include <string>

#include "jobs/job_store.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// The steps that commands on jobs are made of.

void touch(jobs::Job& job, Time now);
// → a finished status; only the job in hand, see `store`.
void finish(jobs::Job& job, jobs::JobStatus status, Time now);
// → pending, at `run_at` or at once; likewise.
void wait(jobs::Job& job, std::optional<Time> run_at, Time now);

// Stores the job after a change and brings memory and counts in step. One that ends is remembered for tell_dependents.
void store(WriteContext& context, const Standing& before, const jobs::Job& after, Time now);
// To be called at the end of every command that may end jobs: those that wait for them are let go or fail with them,
// and so on.
void tell_dependents(WriteContext& context, Time now);

[[nodiscard]] bool is_expired(const jobs::Job& job, Time now);
// Ends a pending job that was not started in time. It may have been taken out of the queue already.
jobs::Job expire(WriteContext& context, jobs::Job job, Time now);

// Writes into the job how many it waits for. Gives what it would fail of at once: a dependency that failed or was
// cancelled, of a job that did not agree to wait.
struct FailedDependency {
  JobId id;
  std::optional<jobs::JobStatus> status;  // nothing: it is not kept any more
};
[[nodiscard]] std::optional<FailedDependency> count_dependencies(WriteContext& context, jobs::Job& job);
// The job that holds the unique key of this one.
[[nodiscard]] std::optional<jobs::Job> find_holder(WriteContext& context, const jobs::Job& job, Time now);

[[nodiscard]] std::optional<jobs::Job> find_in_scope(WriteContext& context, const jobs::Scope& scope, JobId id);
[[nodiscard]] Error conflict(std::string reason, std::string message);

}  // namespace taskgate::sqlite
