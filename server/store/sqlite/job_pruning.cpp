#include "store/sqlite/job_pruning.h"

#include <limits>
#include <string>

#include "store/sqlite/job_belongings.h"

namespace taskgate::sqlite {
namespace {

using jobs::JobStatus;
using jobs::PrunePlace;
using jobs::Retention;

// Rows that one step looks at, of which most may have to stay: a millisecond or two of a reader.
constexpr std::size_t looked_at_max = 2'000;
constexpr JobId last_job{std::numeric_limits<std::int64_t>::max()};

std::int64_t finished_in_all(Database& database) {
  const auto counts = read_job_counts(database, std::nullopt);
  return counts.completed + counts.failed + counts.cancelled;
}

// By age and by the number of all: ids rise in time, so both begin at the front of the table, and end where jobs are
// too young.
void look_at_the_oldest(Database& database, const Retention& retention, const PrunePlace& place, std::size_t limit,
                        Time now, PrunableJobs& found) {
  const JobId young = first_within_retention(retention, now);
  std::int64_t surplus = retention.finished_max ? finished_in_all(database) - *retention.finished_max : 0;
  std::size_t looked_at = 0;
  Cursor row =
      database.statement("SELECT id, status, completed_at FROM jobs WHERE id > ? ORDER BY id").query(place.job);
  while (row.next()) {
    const JobId id = row.job_id(0);
    if (id >= young && surplus <= 0) return;
    const auto completed_at = row.optional_time(2);
    const bool past = is_past_retention(static_cast<JobStatus>(row.small(1)), completed_at, retention, now);
    if (past || (surplus > 0 && jobs::may_be_surplus(completed_at, now))) {
      found.jobs.push_back({id, *completed_at});
      --surplus;
    }
    if (++looked_at == looked_at_max || found.jobs.size() == limit) {
      found.next = PrunePlace{false, {}, id};
      return;
    }
  }
}

// The next user with too many finished jobs, oldest first.
void look_at_a_user(Database& database, const Retention& retention, const PrunePlace& place, std::size_t limit,
                    Time now, PrunableJobs& found) {
  const bool goes_on = place.job != last_job;
  const std::int64_t kept = *retention.finished_per_user_max;
  UserId user;
  std::int64_t surplus = 0;
  {
    Cursor row = database
                     .statement(
                         "SELECT user_id, completed + failed + cancelled FROM job_counts WHERE user_id >= ?1 AND "
                         "(?2 OR user_id > ?1) AND completed + failed + cancelled > ?3 ORDER BY user_id LIMIT 1")
                     .query(place.user, goes_on ? 1 : 0, kept);
    if (!row.next()) return;
    user = row.user_id(0);
    surplus = row.integer(1) - kept;
  }
  found.next = PrunePlace{true, user, last_job};
  const JobId after = user == place.user && goes_on ? place.job : JobId{0};
  const auto wanted = std::min<std::int64_t>(surplus, static_cast<std::int64_t>(limit));
  Cursor row = database
                   .statement(
                       "SELECT id, completed_at FROM jobs INDEXED BY jobs_by_user WHERE user_id = ? AND id > ? AND "
                       "completed_at <= ? ORDER BY id LIMIT ?")
                   .query(user, after, now - jobs::kept_whatever_the_number, wanted);
  while (row.next()) found.jobs.push_back({row.job_id(0), row.time(1)});
  if (found.jobs.size() == limit) found.next->job = found.jobs.back().id;
}

bool have_keys_expired(Database& database, Time now) {
  Cursor row = database
                   .statement(
                       "SELECT EXISTS (SELECT 1 FROM job_idempotency_keys WHERE expires_at <= ?1) OR EXISTS (SELECT 1 "
                       "FROM job_unique_keys WHERE until IS NOT NULL AND until <= ?1)")
                   .query(now);
  row.next();
  return row.integer(0) != 0;
}

// The job as it has to be for its removal; nothing when it has to stay.
struct RemovableRow {
  UserId user_id;
  JobStatus status;
  std::optional<std::string> unique_key;
};

std::optional<RemovableRow> find_removable(WriteContext& context, const PrunableJob& job, Time now) {
  if (context.terms.is_awaited(job.id)) return std::nullopt;
  Cursor row = context.database
                   .statement(
                       "SELECT user_id, status, terms ->> 'uniqueKey', terms ->> 'uniqueUntil' FROM (SELECT user_id, "
                       "status, iif(json_valid(terms), terms, NULL) AS terms FROM jobs WHERE id = ? AND completed_at = "
                       "?)")
                   .query(job.id, job.completed_at);
  // Retried by hand since, or gone.
  if (!row.next()) return std::nullopt;
  const auto key_is_held_until = row.optional_time(3);
  if (key_is_held_until && now < *key_is_held_until) return std::nullopt;
  return RemovableRow{row.user_id(0), static_cast<JobStatus>(row.small(1)), row.optional_text(2)};
}

void remove(WriteContext& context, JobId id, const RemovableRow& job) {
  static const auto removals = [] {
    std::vector<std::string> statements;
    for (const auto table : job_belongings) statements.push_back(fmt::format("DELETE FROM {} WHERE job_id = ?", table));
    return statements;
  }();
  for (const auto& sql : removals) context.database.statement(sql).execute(id);
  if (job.unique_key) {
    context.database.statement("DELETE FROM job_unique_keys WHERE user_id = ? AND key = ? AND job_id = ?")
        .execute(job.user_id, *job.unique_key, id);
  }
  context.database.statement("DELETE FROM jobs WHERE id = ?").execute(id);
  context.counts.removed(job.user_id, job.status);
}

}  // namespace

PrunableJobs find_prunable_jobs(Database& database, const Retention& retention, const PrunePlace& place,
                                std::size_t limit, Time now) {
  PrunableJobs found;
  if (place.by_user) {
    look_at_a_user(database, retention, place, limit, now, found);
    return found;
  }
  found.keys_have_expired = have_keys_expired(database, now);
  look_at_the_oldest(database, retention, place, limit, now, found);
  if (!found.next && retention.finished_per_user_max) found.next = PrunePlace{true, {}, {}};
  return found;
}

std::size_t prune_jobs(WriteContext& context, const std::vector<PrunableJob>& jobs, std::size_t limit, Time now) {
  std::size_t removed = 0;
  for (const auto& job : jobs) {
    const auto row = find_removable(context, job, now);
    if (!row) continue;
    remove(context, job.id, *row);
    ++removed;
  }
  context.keys.prune(limit, now);
  return removed;
}

}  // namespace taskgate::sqlite
