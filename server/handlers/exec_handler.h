#pragma once

#include <memory>

#include "base/worker_pool.h"
#include "handlers/command.h"
#include "jobs/job_handler.h"

namespace taskgate::handlers {

// Runs a configured command for each job, each on a thread of the pool; see docs/handlers.md for what the command is
// given and what it answers.
//
// Exit code 0: completed. 65 (EX_DATAERR): failed, not to be retried. Any other, 75 (EX_TEMPFAIL) among them, death by
// a signal and the timeout: failed, to be retried. The error is what the command wrote to standard error. Data never
// reaches the command line.
//
// Cancelling or stopping ends the command as Command::grace says. The pool has a thread for every job that may run at
// once, and is stopped before the attempts' loop goes away.
[[nodiscard]] std::shared_ptr<jobs::JobHandler> make_exec_handler(Command command, WorkerPool& pool);

// What the end of a command means for the job.
[[nodiscard]] jobs::HandlerOutcome outcome_of(const Command& command, const CommandEnd& end);

}  // namespace taskgate::handlers
