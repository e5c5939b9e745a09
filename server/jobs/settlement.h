#pragma once

#include <string>

#include "jobs/job_handler.h"
#include "jobs/job_store.h"
#include "jobs/retry.h"

namespace taskgate::jobs {

// What a handler's outcome means for the job: completed; pending again after a delay while it may be retried; else
// failed. The delay is what the handler asked for, else the backoff. A result that is not JSON or has more than
// `result_bytes_max` bytes is a failure that is not retried. `random` in [0, 1) decides the jitter.
[[nodiscard]] Settlement settlement_of(const Job& job, const HandlerOutcome& outcome, const BackoffPolicy& backoff,
                                       std::size_t result_bytes_max, double random, Time now);

// `job 0193… "Send invoice" attempt 1`: how every line about an attempt begins.
[[nodiscard]] std::string attempt_name(const Job& job);
// The attempt's line in the terminal log. `job` is as it was claimed, `now` the end of the attempt.
[[nodiscard]] std::string settlement_line(const Job& job, const Settlement& settlement, Time now);
// The line of an attempt that ended without a word. `job` is as it stands after it was put back or given up.
[[nodiscard]] std::string crash_line(const Job& job, int crashes_max);

}  // namespace taskgate::jobs
