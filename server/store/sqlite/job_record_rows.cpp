#include "store/sqlite/job_record_rows.h"

#include <algorithm>

#include "store/sqlite/job_reads.h"

namespace taskgate::sqlite {
namespace {

using jobs::Job;
using jobs::JobNote;

template <class Enumeration>
std::optional<int> number_of(const std::optional<Enumeration>& value) {
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

std::vector<JobNote> read_notes(Database& database, JobId id) {
  std::vector<JobNote> notes;
  Cursor row = database
                   .statement(
                       "SELECT kind, noted_at, fence, actor, ended_as, ended_at, error, priority_before, priority, "
                       "run_at FROM job_notes WHERE job_id = ? ORDER BY revision")
                   .query(id);
  while (row.next()) {
    JobNote note;
    note.kind = static_cast<jobs::NoteKind>(row.small(0));
    note.at = row.time(1);
    note.fence = row.integer(2);
    if (!row.is_null(3)) note.actor = row.user_id(3);
    if (!row.is_null(4)) note.ended_as = static_cast<jobs::JobStatus>(row.small(4));
    note.ended_at = row.optional_time(5);
    note.error = row.optional_text(6);
    if (!row.is_null(7)) note.priority_before = row.real(7);
    if (!row.is_null(8)) note.priority = row.real(8);
    note.run_at = row.optional_time(9);
    notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace

void JobRecordRows::store_checkpoint(JobId id, const std::string& checkpoint) {
  if (checkpoint == "null") {
    database_.statement("DELETE FROM job_checkpoints WHERE job_id = ?").execute(id);
    return;
  }
  database_
      .statement(
          "INSERT INTO job_checkpoints (job_id, checkpoint) VALUES (?, ?) ON CONFLICT (job_id) DO UPDATE SET "
          "checkpoint = excluded.checkpoint")
      .execute(id, checkpoint);
}

std::optional<std::string> JobRecordRows::find_checkpoint(JobId id) {
  Cursor row = database_.statement("SELECT checkpoint FROM job_checkpoints WHERE job_id = ?").query(id);
  if (!row.next()) return std::nullopt;
  return std::string(row.text(0));
}

void JobRecordRows::add_lines(const Job& job, const std::vector<jobs::LogLine>& lines, Time now) {
  std::int64_t number = 0;
  std::int64_t bytes = 0;
  {
    Cursor last = database_
                      .statement(
                          "SELECT number, bytes_before, line FROM job_log_lines WHERE job_id = ? ORDER BY number DESC "
                          "LIMIT 1")
                      .query(job.id);
    if (last.next()) {
      number = last.integer(0);
      bytes = last.integer(1) + static_cast<std::int64_t>(last.text(2).size());
    }
  }
  Statement& insert = database_.statement(
      "INSERT INTO job_log_lines (job_id, number, attempt, logged_at, bytes_before, level, line) VALUES (?, ?, ?, ?, "
      "?, ?, ?)");
  for (const auto& line : lines) {
    insert.execute(job.id, ++number, job.attempts, now, bytes, number_of(line.level), line.text);
    bytes += static_cast<std::int64_t>(line.text.size());
  }
  drop_old_lines(job.id, number, bytes);
}

void JobRecordRows::drop_old_lines(JobId id, std::int64_t last_number, std::int64_t bytes) {
  std::int64_t first_kept = last_number + 1;
  {
    // From the oldest on: both conditions hold for all lines after the first for which they hold.
    Cursor row = database_
                     .statement(
                         "SELECT number FROM job_log_lines WHERE job_id = ? AND number > ? AND bytes_before >= ? "
                         "ORDER BY number LIMIT 1")
                     .query(id, last_number - jobs::log_lines_kept_max, bytes - jobs::log_bytes_kept_max);
    if (row.next()) first_kept = row.integer(0);
  }
  database_.statement("DELETE FROM job_log_lines WHERE job_id = ? AND number < ?").execute(id, first_kept);
}

void JobRecordRows::add_note(const Job& job, const JobNote& note) {
  database_
      .statement(
          "INSERT INTO job_notes (job_id, revision, kind, noted_at, fence, actor, ended_as, ended_at, error, "
          "priority_before, priority, run_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .execute(job.id, job.revision, static_cast<int>(note.kind), note.at, note.fence, note.actor,
               number_of(note.ended_as), note.ended_at, note.error, note.priority_before, note.priority, note.run_at);
  database_
      .statement(
          "DELETE FROM job_notes WHERE job_id = ?1 AND revision <= (SELECT revision FROM job_notes WHERE job_id = ?1 "
          "ORDER BY revision DESC LIMIT 1 OFFSET ?2)")
      .execute(job.id, jobs::notes_kept_max);
}

Result<jobs::LogPage> read_job_log(Database& database, const jobs::Scope& scope, JobId id, std::int64_t after,
                                   std::size_t limit) {
  if (!is_in_scope(database, scope, id)) return not_found("Job");
  jobs::LogPage page;
  Cursor row = database
                   .statement(
                       "SELECT number, attempt, logged_at, level, line FROM job_log_lines WHERE job_id = ? AND number "
                       "> ? ORDER BY number LIMIT ?")
                   .query(id, after, limit + 1);
  while (row.next()) {
    if (page.lines.size() == limit) {
      page.more = true;
      break;
    }
    jobs::KeptLine line{row.integer(0), row.small(1), row.time(2), std::nullopt, std::string(row.text(4))};
    if (!row.is_null(3)) line.level = static_cast<jobs::LogLevel>(row.small(3));
    page.lines.push_back(std::move(line));
  }
  return page;
}

Result<jobs::JobRecord> read_job_record(Database& database, const jobs::Scope& scope, JobId id) {
  auto job = get_job(database, scope, id);
  if (!job) return job.error();
  auto attempts = get_attempts(database, scope, id);
  if (!attempts) return attempts.error();
  return jobs::JobRecord{std::move(*job), std::move(*attempts), read_notes(database, id)};
}

}  // namespace taskgate::sqlite
