#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/job_record.h"
#include "jobs/job_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// The writer's statements on what is kept about jobs beside their rows. All throw DatabaseError.
class JobRecordRows {
 public:
  explicit JobRecordRows(Database& database) : database_(database) {}

  // JSON text; `null` takes it away.
  void store_checkpoint(JobId id, const std::string& checkpoint);
  [[nodiscard]] std::optional<std::string> find_checkpoint(JobId id);
  // Adds lines of the running attempt and drops the oldest beyond the limits. Costs no more than it adds and drops.
  void add_lines(const jobs::Job& job, const std::vector<jobs::LogLine>& lines, Time now);
  // `job` as it stands after what is noted.
  void add_note(const jobs::Job& job, const jobs::JobNote& note);

 private:
  void drop_old_lines(JobId id, std::int64_t last_number, std::int64_t bytes);

  Database& database_;
};

// The reading verbs of jobs::JobRecordStore, inside one read transaction; see there.
[[nodiscard]] Result<jobs::LogPage> read_job_log(Database& database, const jobs::Scope& scope, JobId id,
                                                 std::int64_t after, std::size_t limit);
[[nodiscard]] Result<jobs::JobRecord> read_job_record(Database& database, const jobs::Scope& scope, JobId id);

}  // namespace taskgate::sqlite
