#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "jobs/job_store.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// The verbs of jobs::JobStore that limit and explain, as the writer applies them: it alone has the queue in memory.

[[nodiscard]] jobs::TypeControl control_type(WriteContext& context, const std::string& type,
                                             const jobs::TypeControlChange& change, Time now);
[[nodiscard]] jobs::QueueControl control_queue(WriteContext& context, const std::string& queue,
                                               const jobs::QueueControlChange& change);
[[nodiscard]] jobs::UserControl control_user(WriteContext& context, const UserId& user,
                                             const jobs::UserControlChange& change);
[[nodiscard]] jobs::QueueOverview queue_overview(WriteContext& context, Time now);
[[nodiscard]] Result<jobs::Explanation> explain_job(WriteContext& context, const jobs::Scope& scope, JobId id,
                                                    Time now);

// Why the user may not have so many more pending jobs.
[[nodiscard]] std::optional<Error> backlog_refusal(WriteContext& context, const UserId& user, std::int64_t more);

}  // namespace taskgate::sqlite
