#include "store/sqlite/submission_keys.h"

namespace taskgate::sqlite {
namespace {

constexpr std::size_t cleared_by_each = 2;

}  // namespace

std::optional<JobId> SubmissionKeys::find_taker(const UserId& user, const std::string& key) {
  Cursor row = database_.statement("SELECT job_id FROM job_unique_keys WHERE user_id = ? AND key = ?").query(user, key);
  if (!row.next()) return std::nullopt;
  return row.job_id(0);
}

void SubmissionKeys::prune_windows(std::size_t limit, Time now) {
  database_
      .statement(
          "DELETE FROM job_unique_keys WHERE (user_id, key) IN (SELECT user_id, key FROM job_unique_keys "
          "WHERE until IS NOT NULL AND until <= ? ORDER BY until LIMIT ?)")
      .execute(now, limit);
}

void SubmissionKeys::prune_answers(std::size_t limit, Time now) {
  database_
      .statement(
          "DELETE FROM job_idempotency_keys WHERE id IN (SELECT id FROM job_idempotency_keys WHERE expires_at <= ? "
          "ORDER BY expires_at LIMIT ?)")
      .execute(now, limit);
}

void SubmissionKeys::prune(std::size_t limit, Time now) {
  prune_windows(limit, now);
  prune_answers(limit, now);
}

void SubmissionKeys::take(const jobs::Job& job, Time now) {
  prune_windows(cleared_by_each, now);
  database_
      .statement(
          "INSERT INTO job_unique_keys (user_id, key, job_id, until) VALUES (?, ?, ?, ?) ON CONFLICT (user_id, key) DO "
          "UPDATE SET job_id = excluded.job_id, until = excluded.until")
      .execute(job.user_id, *job.terms.unique_key, job.id, job.terms.unique_until);
}

void SubmissionKeys::drop(const jobs::Job& job) {
  if (job.terms.unique_for == jobs::UniqueFor::window) return;
  database_.statement("DELETE FROM job_unique_keys WHERE user_id = ? AND key = ? AND job_id = ?")
      .execute(job.user_id, *job.terms.unique_key, job.id);
}

std::optional<KeptAnswer> SubmissionKeys::find_answer(const jobs::IdempotencyKey& key, Time now) {
  Cursor row =
      database_
          .statement(
              "SELECT request = ?, answer FROM job_idempotency_keys WHERE user_id = ? AND key = ? AND expires_at > ?")
          .query(key.request, key.user, key.key, now);
  if (!row.next()) return std::nullopt;
  return KeptAnswer{row.integer(0) != 0, std::string(row.text(1))};
}

void SubmissionKeys::keep_answer(const jobs::IdempotencyKey& key, const std::string& answer, Time now) {
  prune_answers(cleared_by_each, now);
  database_
      .statement(
          "INSERT OR REPLACE INTO job_idempotency_keys (user_id, key, request, expires_at, answer) VALUES (?, ?, ?, ?, "
          "?)")
      .execute(key.user, key.key, key.request, key.expires_at, answer);
}

}  // namespace taskgate::sqlite
