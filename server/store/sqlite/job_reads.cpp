#include "store/sqlite/job_reads.h"

#include <limits>

#include "store/sqlite/job_counts.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/like_pattern.h"

namespace taskgate::sqlite {
namespace {

using jobs::Job;
using jobs::JobFilter;
using jobs::JobStatus;
using jobs::Scope;

std::optional<Job> find_in_scope(Database& database, const Scope& scope, JobId id) {
  static const std::string sql = fmt::format("SELECT {} FROM jobs WHERE id = ?", job_columns);
  Cursor row = database.statement(sql).query(id);
  if (!row.next()) return std::nullopt;
  if (scope.user && row.user_id(2) != *scope.user) return std::nullopt;
  return read_job(row, database);
}

std::int64_t number_of(const jobs::JobCounts& counts, JobStatus status) {
  switch (status) {
    case JobStatus::pending:
      return counts.pending;
    case JobStatus::processing:
      return counts.processing;
    case JobStatus::completed:
      return counts.completed;
    case JobStatus::failed:
      return counts.failed;
    case JobStatus::cancelled:
      return counts.cancelled;
  }
  return 0;
}

// The index to walk, newest first. Named, so that the choice depends on neither statistics nor a guess: without it a
// page of failed jobs among millions of completed ones would read them all.
std::string source(const Scope& scope, const JobFilter& filter) {
  if (filter.status == JobStatus::failed || filter.status == JobStatus::cancelled) {
    return scope.user ? "jobs INDEXED BY jobs_stopped_by_user WHERE status >= 3"
                      : "jobs INDEXED BY jobs_stopped WHERE status >= 3";
  }
  if (scope.user) return "jobs INDEXED BY jobs_by_user WHERE true";
  const bool live = filter.status == JobStatus::pending || filter.status == JobStatus::processing;
  return live ? "jobs INDEXED BY jobs_live WHERE completed_at IS NULL" : "jobs NOT INDEXED WHERE true";
}

std::string list_statement(const Scope& scope, const JobFilter& filter) {
  std::string sql = fmt::format("SELECT {} FROM {} AND id < ?1", job_columns, source(scope, filter));
  if (scope.user) sql += " AND user_id = ?2";
  if (filter.status) sql += fmt::format(" AND status = {}", static_cast<int>(*filter.status));
  if (filter.type) sql += " AND type = ?3";
  if (filter.text) sql += " AND (type LIKE ?4 ESCAPE '\\' OR error LIKE ?4 ESCAPE '\\')";
  return sql + " ORDER BY id DESC LIMIT ?5";
}

}  // namespace

bool is_in_scope(Database& database, const Scope& scope, JobId id) {
  Cursor row = database.statement("SELECT user_id FROM jobs WHERE id = ?").query(id);
  return row.next() && (!scope.user || row.user_id(0) == *scope.user);
}

Result<Job> get_job(Database& database, const Scope& scope, JobId id) {
  auto job = find_in_scope(database, scope, id);
  if (!job) return not_found("Job");
  return std::move(*job);
}

Result<std::vector<jobs::Attempt>> get_attempts(Database& database, const Scope& scope, JobId id) {
  if (!is_in_scope(database, scope, id)) return not_found("Job");
  auto attempts = read_ended_attempts(database, id);
  if (auto latest = read_latest_attempt(database, id)) attempts.push_back(std::move(*latest));
  return attempts;
}

jobs::JobPage list_jobs(Database& database, const Scope& scope, const JobFilter& filter, std::size_t limit,
                        std::optional<JobId> before) {
  jobs::JobPage page;
  if (limit == 0) return page;
  auto rows_max = static_cast<std::int64_t>(limit) + 1;
  // With as many rows as there are jobs of the status the walk ends; it must not go on through millions of others.
  if (filter.status) rows_max = std::min(rows_max, number_of(read_job_counts(database, scope.user), *filter.status));
  if (rows_max <= 0) return page;

  constexpr auto newest = JobId{static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};
  const auto pattern = filter.text ? std::optional{like_pattern(*filter.text)} : std::nullopt;
  Cursor row = database.statement(list_statement(scope, filter))
                   .query(before.value_or(newest), scope.user, filter.type, pattern, rows_max);
  std::size_t bytes = 0;
  while (row.next()) {
    if (page.jobs.size() == limit || bytes >= jobs::page_bytes_max) {
      page.next = page.jobs.back().id;
      break;
    }
    page.jobs.push_back(read_job(row, database));
    bytes += jobs::carried_bytes(page.jobs.back());
  }
  return page;
}

}  // namespace taskgate::sqlite
