#include "store/sqlite/job_reads.h"

#include "store/sqlite/job_counts.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/job_walk.h"

namespace taskgate::sqlite {
namespace {

using jobs::Job;
using jobs::Scope;

std::optional<Job> find_in_scope(Database& database, const Scope& scope, JobId id) {
  static const std::string sql = fmt::format("SELECT {} FROM jobs WHERE id = ?", job_columns);
  Cursor row = database.statement(sql).query(id);
  if (!row.next()) return std::nullopt;
  if (scope.user && row.user_id(2) != *scope.user) return std::nullopt;
  return read_job(row, database);
}

// Takes steps until the part is full, the jobs of the statuses are all seen, or enough rows were looked at. `take` gets
// each job that matches, and says whether it was taken; the first that was not begins the next part.
template <class Take>
std::optional<JobId> fill(Database& database, const ListQuestion& question, Take take) {
  const auto counts = read_job_counts(database, question.scope.user);
  const auto of_statuses = jobs::number_of(counts, question.filter.statuses);
  if (of_statuses <= 0 || question.limit == 0) return std::nullopt;
  JobWalk walk(database, question.scope, question.filter, question.before, jobs::number_of(counts, {}),
               static_cast<std::int64_t>(question.examined_max / JobWalk::scattered_step_cost));
  std::size_t examined = 0;
  std::int64_t seen = 0;
  JobId last;
  while (const auto step = walk.next()) {
    if (step->matches && !take(step->id)) return last;
    last = step->id;
    if (step->of_status && ++seen == of_statuses) break;
    examined += walk.step_cost();
    if (examined >= question.examined_max) return last;
  }
  return std::nullopt;
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

jobs::JobPage list_jobs(Database& database, const ListQuestion& question) {
  static const std::string sql = fmt::format("SELECT {} FROM jobs WHERE id = ?", job_columns);
  auto& find = database.statement(sql);
  jobs::JobPage page;
  std::size_t bytes = 0;
  page.next = fill(database, question, [&](JobId id) {
    if (page.jobs.size() == question.limit || bytes >= jobs::page_bytes_max) return false;
    Cursor row = find.query(id);
    if (!row.next()) return true;
    auto job = read_job(row, database);
    if (!jobs::matches(question.filter, job)) return true;
    bytes += jobs::carried_bytes(job);
    page.jobs.push_back(std::move(job));
    return true;
  });
  return page;
}

jobs::JobIdPage list_job_ids(Database& database, const ListQuestion& question) {
  jobs::JobIdPage page;
  page.next = fill(database, question, [&](JobId id) {
    if (page.ids.size() == question.limit) return false;
    page.ids.push_back(id);
    return true;
  });
  return page;
}

}  // namespace taskgate::sqlite
