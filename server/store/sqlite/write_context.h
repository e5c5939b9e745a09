#pragma once

#include "store/sqlite/database.h"
#include "store/sqlite/job_counts.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/live_jobs.h"

namespace taskgate::sqlite {

// What a command works on, inside the writer's transaction.
//
// The rule for commands on jobs: write the row first, then change `live` and `counts`. A command that fails before it
// touched `live` is undone alone; after that, the whole batch is.
struct WriteContext {
  WriteContext(Database& connection, std::uint32_t fair_share_every)
      : database(connection), rows(connection), counts(connection), live(fair_share_every) {}

  Database& database;
  JobRows rows;
  JobCountChanges counts;
  LiveJobs live;
};

}  // namespace taskgate::sqlite
