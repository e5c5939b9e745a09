#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "jobs/job.h"
#include "store/sqlite/database.h"
#include "store/sqlite/known_types.h"

namespace taskgate::sqlite {

// Data up to this many bytes lie in the job's row; longer ones in a table of their own, so that a change of status need
// not rewrite them.
inline constexpr std::size_t inline_data_bytes_max = 1'024;

// The columns that read_job() expects, in its order.
inline constexpr std::string_view job_columns =
    "id, status, user_id, type, priority, run_at, lease_expires_at, completed_at, fence, revision, attempts, retries, "
    "max_retries, "
    "crashes, progress, created_at, updated_at, started_at, worker, progress_message, queue, tags, error, result, "
    "data, "
    "terms, blocked_by, worker_user";

// The job in the cursor's row. Long data is fetched through `database`.
[[nodiscard]] jobs::Job read_job(const Cursor& row, Database& database);

// Attempts that ended, oldest first, as kept in job_attempts.
[[nodiscard]] std::vector<jobs::Attempt> read_ended_attempts(Database& database, JobId id);
// The attempt that is still told by the job's own row: the running one, or the one that completed it.
[[nodiscard]] std::optional<jobs::Attempt> read_latest_attempt(Database& database, JobId id);

// Tags as they lie in a column: a JSON array.
[[nodiscard]] std::string write_tags(const std::vector<std::string>& tags);
[[nodiscard]] std::vector<std::string> read_tags(std::string_view text);

// What a pending job needs to wait in memory.
struct QueuedRow {
  UserId user_id;
  std::string type;
  double priority = 0;
  std::string queue;
};

// One live job as the memory of the queue is built from it.
struct LiveRow {
  JobId id;
  jobs::JobStatus status = jobs::JobStatus::pending;
  UserId user_id;
  std::string type;
  double priority = 0;
  std::optional<Time> run_at;
  std::optional<Time> lease_expires_at;
  std::string queue;
  int blocked_by = 0;
  jobs::JobTerms terms;
};

// What another job asks about one that it depends on.
struct DependencyRow {
  UserId user_id;
  jobs::JobStatus status = jobs::JobStatus::pending;
};

// The writer's statements on jobs. All throw DatabaseError. A job whose row is damaged is not there for the writer: it
// waits for a person, and the others go on.
class JobRows {
 public:
  explicit JobRows(Database& database);

  // Its type is known from then on.
  void insert(const jobs::Job& job);
  // The transaction, or a part of it, was undone.
  void undone() { known_types_.forget(); }
  [[nodiscard]] std::optional<jobs::Job> find(JobId id);
  [[nodiscard]] std::optional<QueuedRow> find_pending(JobId id);
  // The fence of the job's lease, if that worker of that user holds it.
  [[nodiscard]] std::optional<std::int64_t> find_lease(JobId id, const UserId& worker_user, std::string_view worker);
  // What a job of the server carries sealed, until it ends.
  [[nodiscard]] std::optional<std::string> find_sealed(JobId id);
  void drop_sealed(JobId id);
  // Stores a change between pending and processing, which leaves every index alone.
  void store_live(const jobs::Job& job);
  // Stores a change to or from a finished status.
  void store_finish(const jobs::Job& job);
  // Stores a change of what a pending job was submitted with.
  void store_change(const jobs::Job& job);
  [[nodiscard]] std::optional<DependencyRow> find_dependency(JobId id);
  // Keeps an attempt of the job that ended; `job` as it stood while the attempt ran. Forgets those that are too many.
  void add_attempt(const jobs::Job& job, jobs::AttemptOutcome outcome, const std::optional<std::string>& error,
                   Time now);
  [[nodiscard]] std::optional<jobs::AttemptOutcome> find_outcome(JobId id, std::int64_t fence);
  // Every live job that has terms; few jobs have.
  void for_each_with_terms(const std::function<void(const jobs::Job&)>& receive);
  void for_each_live(const std::function<void(const LiveRow&)>& receive);

 private:
  // Says once that a job's row is damaged.
  void step_over(JobId id, const DamagedRow& damage);

  Database& database_;
  std::unordered_set<JobId> stepped_over_;
  KnownTypes known_types_;
  Statement insert_;
  Statement insert_data_;
  Statement find_;
  Statement find_pending_;
  Statement find_lease_;
  Statement store_live_;
  Statement store_finish_;
  Statement store_change_;
  Statement find_dependency_;
  Statement add_attempt_;
  Statement find_outcome_;
};

}  // namespace taskgate::sqlite
