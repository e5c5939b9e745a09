#pragma once

#include <utility>
#include <vector>

#include "base/ids.h"
#include "store/sqlite/control_rows.h"
#include "store/sqlite/database.h"
#include "store/sqlite/job_counts.h"
#include "store/sqlite/job_record_rows.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/live_jobs.h"
#include "store/sqlite/pending_terms.h"
#include "store/sqlite/submission_keys.h"
#include "store/sqlite/webhook_rows.h"

namespace taskgate::sqlite {

// What a command works on, inside the writer's transaction.
//
// The rule for commands on jobs: write the row first, then change `live` and `counts`. A command that fails before it
// touched `live` is undone alone; after that, the whole batch is.
struct WriteContext {
  WriteContext(Database& connection, std::uint32_t fair_share_every)
      : database(connection),
        rows(connection),
        records(connection),
        controls(connection),
        counts(connection),
        live(fair_share_every),
        keys(connection) {}

  Database& database;
  JobRows rows;
  JobRecordRows records;
  ControlRows controls;
  JobCountChanges counts;
  LiveJobs live;
  PendingTerms terms;
  SubmissionKeys keys;
  WebhookUsers webhook_users;
  IdGenerator* ids = nullptr;  // for jobs that the store makes itself; set while there is a queue

  // Of the command that is applied now: jobs that ended while others wait for them and have not been told yet; and jobs
  // that changed in consequence of what was asked for, for those who want to know.
  std::vector<std::pair<JobId, jobs::JobStatus>> ended;
  std::vector<jobs::Job> followed;
  // Likewise: a slot was given back that another job waits for.
  bool slot_freed = false;

  std::int64_t backlog_max = 0;  // pending jobs per user where no control says otherwise; 0: no cap
};

}  // namespace taskgate::sqlite
