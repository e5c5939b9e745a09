#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/job_store.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// The changing verbs of jobs::JobStore, as the writer applies them; see there for what each does.

// Each of these also carries out what follows for other jobs, and lists those in `context.followed`.
[[nodiscard]] Result<void> submit_jobs(WriteContext& context, std::vector<jobs::Job>& jobs, Time now);
[[nodiscard]] Result<jobs::SubmitAnswer> submit_all_jobs(WriteContext& context, jobs::SubmitRequest& request, Time now);
[[nodiscard]] jobs::Claim claim_jobs(WriteContext& context, const jobs::ClaimRequest& request, Time now);
[[nodiscard]] std::vector<jobs::Settled> settle_jobs(WriteContext& context,
                                                     const std::vector<jobs::Settlement>& settlements, Time now);
[[nodiscard]] std::vector<jobs::Job> release_held_jobs(WriteContext& context, const UserId& worker_user,
                                                       const std::string& worker, Time now);
[[nodiscard]] std::vector<std::optional<jobs::Job>> beat_jobs(WriteContext& context,
                                                              const std::vector<jobs::Beat>& beats, Time now);
[[nodiscard]] std::vector<jobs::Job> reclaim_expired_jobs(WriteContext& context, int crashes_max, Time now);
[[nodiscard]] std::vector<jobs::Job> recover_jobs(WriteContext& context, const std::string& worker, int crashes_max,
                                                  std::chrono::milliseconds lease, Time now);
[[nodiscard]] jobs::DeadlineCheck check_job_deadlines(WriteContext& context, const std::string& own_worker,
                                                      std::size_t limit, Time now);
[[nodiscard]] Result<jobs::Job> cancel_job(WriteContext& context, const jobs::Scope& scope, JobId id, Time now);
[[nodiscard]] Result<jobs::Job> retry_job(WriteContext& context, const jobs::Scope& scope, JobId id, Time now);
[[nodiscard]] Result<jobs::Job> change_job(WriteContext& context, const jobs::Scope& scope, JobId id,
                                           const jobs::JobChange& change, Time now);
[[nodiscard]] std::vector<jobs::ActedJob> act_on_jobs(WriteContext& context, const jobs::JobActionRequest& request,
                                                      Time now);

}  // namespace taskgate::sqlite
