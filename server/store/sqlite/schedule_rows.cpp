#include "store/sqlite/schedule_rows.h"

#include <fmt/format.h>

#include <limits>

#include "store/sqlite/job_rows.h"

namespace taskgate::sqlite {
namespace {

using jobs::Schedule;
using jobs::ScheduleId;
using std::chrono::milliseconds;

// In the order of read_schedule and of write_all.
constexpr std::string_view columns =
    "id, user_id, name, revision, cron, time_zone, every_ms, anchor, missed_fire, overlap, paused, created_at, "
    "updated_at, next_run_at, look_at, last_run_at, last_job_id, last_skipped_at, last_skip_reason, type, priority, "
    "max_retries, queue, tags, ttl_ms, terms, data";

std::optional<milliseconds> optional_duration(const Cursor& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return milliseconds(row.integer(column));
}

std::optional<std::int64_t> count_of(const std::optional<milliseconds>& duration) {
  if (!duration) return std::nullopt;
  return duration->count();
}

void read_job(const Cursor& row, Schedule& schedule) {
  schedule.job.type = row.text(19);
  schedule.job.priority = row.real(20);
  if (!row.is_null(21)) schedule.job.max_retries = row.small(21);
  schedule.job.queue = row.optional_text(22);
  if (!row.is_null(23)) schedule.job.tags = read_tags(row.text(23));
  schedule.job.ttl = optional_duration(row, 24);
  if (!row.is_null(25)) {
    auto terms = jobs::parse_job_terms(row.text(25));
    if (!terms) {
      throw DatabaseError(SQLITE_CORRUPT,
                          fmt::format("database: the terms of schedule {} are damaged", to_string(schedule.id)));
    }
    schedule.job.timeout = terms->timeout;
    schedule.job.backoff = std::move(terms->backoff);
  }
  schedule.job.data = row.text(26);
}

Schedule read_schedule(const Cursor& row) {
  Schedule schedule;
  schedule.id = ScheduleId{row.job_id(0).value};
  schedule.user_id = row.user_id(1);
  schedule.name = row.text(2);
  schedule.revision = row.integer(3);
  schedule.timing.cron = row.optional_text(4);
  schedule.timing.time_zone = row.text(5);
  schedule.timing.every = optional_duration(row, 6);
  schedule.timing.anchor = row.time(7);
  schedule.missed_fire = static_cast<jobs::MissedFire>(row.small(8));
  schedule.overlap = static_cast<jobs::Overlap>(row.small(9));
  schedule.paused = row.small(10) != 0;
  schedule.created_at = row.time(11);
  schedule.updated_at = row.time(12);
  schedule.next_run_at = row.optional_time(13);
  schedule.look_at = row.optional_time(14);
  schedule.last_run_at = row.optional_time(15);
  if (!row.is_null(16)) schedule.last_job_id = row.job_id(16);
  schedule.last_skipped_at = row.optional_time(17);
  if (!row.is_null(18)) schedule.last_skip_reason = static_cast<jobs::SkipReason>(row.small(18));
  read_job(row, schedule);
  return schedule;
}

std::optional<int> reason_of(const Schedule& schedule) {
  if (!schedule.last_skip_reason) return std::nullopt;
  return static_cast<int>(*schedule.last_skip_reason);
}

// Binds every column in order.
void write_all(Statement& statement, const Schedule& schedule) {
  const auto& job = schedule.job;
  const auto& timing = schedule.timing;
  jobs::JobTerms terms;
  terms.timeout = job.timeout;
  terms.backoff = job.backoff;
  const auto tags = job.tags.empty() ? std::nullopt : std::optional(write_tags(job.tags));
  const auto kept_terms = terms.empty() ? std::nullopt : std::optional(jobs::to_json(terms));
  statement.execute(schedule.id.value, schedule.user_id, schedule.name, schedule.revision, timing.cron,
                    timing.time_zone, count_of(timing.every), timing.anchor, static_cast<int>(schedule.missed_fire),
                    static_cast<int>(schedule.overlap), schedule.paused ? 1 : 0, schedule.created_at,
                    schedule.updated_at, schedule.next_run_at, schedule.look_at, schedule.last_run_at,
                    schedule.last_job_id, schedule.last_skipped_at, reason_of(schedule), job.type, job.priority,
                    job.max_retries, job.queue, tags, count_of(job.ttl), kept_terms, job.data);
}

// Another schedule of the same user with the same name.
std::optional<ScheduleId> holder_of(Database& database, const Schedule& schedule) {
  Cursor row = database.statement("SELECT id FROM schedules WHERE user_id = ? AND name = ? AND id != ?")
                   .query(schedule.user_id, schedule.name, schedule.id.value);
  if (!row.next()) return std::nullopt;
  return ScheduleId{row.job_id(0).value};
}

std::size_t count_schedules(Database& database, const UserId& user) {
  Cursor row = database.statement("SELECT count(*) FROM schedules WHERE user_id = ?").query(user);
  return row.next() ? static_cast<std::size_t>(row.integer(0)) : 0;
}

}  // namespace

std::optional<Schedule> find_schedule(Database& database, ScheduleId id) {
  static const std::string sql = fmt::format("SELECT {} FROM schedules WHERE id = ?", columns);
  Cursor row = database.statement(sql).query(id.value);
  if (!row.next()) return std::nullopt;
  return read_schedule(row);
}

Result<Schedule> get_schedule(Database& database, const jobs::Scope& scope, ScheduleId id) {
  auto schedule = find_schedule(database, id);
  if (!schedule || (scope.user && schedule->user_id != *scope.user)) return not_found("Schedule");
  return std::move(*schedule);
}

jobs::SchedulePage list_schedules(Database& database, const jobs::Scope& scope, std::size_t limit,
                                  std::optional<ScheduleId> before) {
  static const std::string own =
      fmt::format("SELECT {} FROM schedules WHERE id < ?1 AND user_id = ?2 ORDER BY id DESC LIMIT ?3", columns);
  static const std::string all =
      fmt::format("SELECT {} FROM schedules WHERE id < ?1 AND ?2 IS NULL ORDER BY id DESC LIMIT ?3", columns);
  constexpr ScheduleId newest{static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};
  jobs::SchedulePage page;
  std::size_t bytes = 0;
  Cursor row = database.statement(scope.user ? own : all)
                   .query(before.value_or(newest).value, scope.user, static_cast<std::int64_t>(limit) + 1);
  while (row.next()) {
    if (page.schedules.size() == limit || bytes >= jobs::page_bytes_max) {
      page.next = page.schedules.back().id;
      break;
    }
    page.schedules.push_back(read_schedule(row));
    bytes += page.schedules.back().job.data.size();
  }
  return page;
}

jobs::DueSchedules due_schedules(Database& database, std::size_t limit, Time now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM schedules INDEXED BY schedules_due WHERE look_at IS NOT NULL AND look_at <= ? ORDER BY look_at, "
      "id LIMIT ?",
      columns);
  jobs::DueSchedules due;
  {
    Cursor row = database.statement(sql).query(now, static_cast<std::int64_t>(limit) + 1);
    while (row.next() && !due.more) {
      due.more = due.schedules.size() == limit;
      if (!due.more) due.schedules.push_back(read_schedule(row));
    }
  }
  Cursor row = database
                   .statement(
                       "SELECT min(look_at) FROM schedules INDEXED BY schedules_due WHERE look_at IS NOT NULL "
                       "AND look_at > ?")
                   .query(now);
  if (row.next()) due.next = row.optional_time(0);
  return due;
}

Result<void> create_schedule(Database& database, const Schedule& schedule, std::size_t schedules_max) {
  static const std::string sql =
      fmt::format("INSERT INTO schedules ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", columns);
  if (const auto holder = holder_of(database, schedule)) return jobs::schedule_name_taken(*holder);
  if (count_schedules(database, schedule.user_id) >= schedules_max) return jobs::too_many_schedules(schedules_max);
  write_all(database.statement(sql), schedule);
  return {};
}

Result<Schedule> update_schedule(Database& database, Schedule schedule) {
  static const std::string sql = fmt::format(
      "UPDATE schedules SET ({}) = (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) WHERE id = ?1", columns);
  const auto stored = find_schedule(database, schedule.id);
  if (!stored) return not_found("Schedule");
  if (stored->revision != schedule.revision) return jobs::schedule_changed();
  if (const auto holder = holder_of(database, schedule)) return jobs::schedule_name_taken(*holder);
  ++schedule.revision;
  write_all(database.statement(sql), schedule);
  return schedule;
}

Result<void> remove_schedule(Database& database, const jobs::Scope& scope, ScheduleId id) {
  const auto stored = get_schedule(database, scope, id);
  if (!stored) return stored.error();
  database.statement("DELETE FROM schedules WHERE id = ?").execute(id.value);
  return {};
}

void store_step(Database& database, const Schedule& schedule) {
  database
      .statement(
          "UPDATE schedules SET revision = ?, next_run_at = ?, look_at = ?, last_run_at = ?, last_job_id = ?, "
          "last_skipped_at = ?, last_skip_reason = ? WHERE id = ?")
      .execute(schedule.revision, schedule.next_run_at, schedule.look_at, schedule.last_run_at, schedule.last_job_id,
               schedule.last_skipped_at, reason_of(schedule), schedule.id.value);
}

}  // namespace taskgate::sqlite
