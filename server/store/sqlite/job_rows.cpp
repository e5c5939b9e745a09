#include "store/sqlite/job_rows.h"

#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/log.h"
#include "jobs/job_record.h"
#include "jobs/system_job.h"

namespace taskgate::sqlite {
namespace {

using jobs::Attempt;
using jobs::AttemptOutcome;
using jobs::Job;
using jobs::JobStatus;

constexpr std::string_view default_queue = "default";
constexpr std::size_t stepped_over_max = 1'000;

jobs::JobTerms read_terms(std::string_view text, JobId id) {
  auto terms = jobs::parse_job_terms(text);
  if (!terms) throw DamagedRow(fmt::format("database: the terms of job {} are damaged", to_string(id)));
  return std::move(*terms);
}

std::string read_long_data(Database& database, JobId id) {
  Cursor row = database.statement("SELECT data FROM job_data WHERE job_id = ?").query(id);
  if (!row.next()) throw DamagedRow(fmt::format("database: the data of job {} is missing", to_string(id)));
  return std::string(row.text(0));
}

void read_live(const Cursor& row, LiveRow& live) {
  live.id = row.job_id(0);
  live.status = static_cast<JobStatus>(row.small(1));
  live.user_id = row.user_id(2);
  live.type = row.text(3);
  live.priority = row.real(4);
  live.run_at = row.optional_time(5);
  live.lease_expires_at = row.optional_time(6);
  live.queue = row.is_null(7) ? default_queue : row.text(7);
  live.blocked_by = row.small(8);
  live.terms = row.is_null(9) ? jobs::JobTerms{} : read_terms(row.text(9), live.id);
}

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return std::string_view{*text};
}

}  // namespace

std::string write_tags(const std::vector<std::string>& tags) {
  JsonWriter writer;
  writer.begin_array();
  for (const auto& tag : tags) writer.string(tag);
  writer.end_array();
  return writer.take();
}

std::vector<std::string> read_tags(std::string_view text) {
  std::vector<std::string> tags;
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_array()) return tags;
  for (const auto& tag : parsed->get_array()) {
    if (const auto* name = tag.if_string()) tags.emplace_back(name->data(), name->size());
  }
  return tags;
}

Job read_job(const Cursor& row, Database& database) {
  Job job;
  job.id = row.job_id(0);
  job.status = static_cast<JobStatus>(row.small(1));
  job.user_id = row.user_id(2);
  job.type = row.text(3);
  job.priority = row.real(4);
  job.run_at = row.optional_time(5);
  job.lease_expires_at = row.optional_time(6);
  job.completed_at = row.optional_time(7);
  job.fence = row.integer(8);
  job.revision = row.integer(9);
  job.attempts = row.small(10);
  job.retries = row.small(11);
  job.max_retries = row.small(12);
  job.crashes = row.small(13);
  job.progress = row.real(14);
  job.created_at = row.time(15);
  job.updated_at = row.time(16);
  job.started_at = row.optional_time(17);
  if (job.status == JobStatus::processing) {
    job.worker = row.optional_text(18);
    if (!row.is_null(27)) job.worker_user = row.user_id(27);
  }
  job.progress_message = row.optional_text(19);
  if (!row.is_null(20)) job.queue = row.text(20);
  if (!row.is_null(21)) job.tags = read_tags(row.text(21));
  job.error = row.optional_text(22);
  job.result = row.optional_text(23);
  if (row.is_null(24)) {
    job.data = read_long_data(database, job.id);
  } else {
    job.data = row.text(24);
  }
  if (!row.is_null(25)) job.terms = read_terms(row.text(25), job.id);
  job.blocked_by = row.small(26);
  return job;
}

std::vector<Attempt> read_ended_attempts(Database& database, JobId id) {
  std::vector<Attempt> attempts;
  Cursor row =
      database
          .statement(
              "SELECT attempt, worker, started_at, ended_at, outcome, error, fence FROM job_attempts WHERE job_id = ? "
              "ORDER BY fence")
          .query(id);
  while (row.next()) {
    attempts.push_back({row.small(0), std::string(row.text(1)), row.time(2), row.time(3),
                        static_cast<AttemptOutcome>(row.small(4)), row.optional_text(5), row.integer(6)});
  }
  return attempts;
}

std::optional<Attempt> read_latest_attempt(Database& database, JobId id) {
  Cursor row =
      database.statement("SELECT status, attempts, worker, started_at, completed_at, fence FROM jobs WHERE id = ?")
          .query(id);
  if (!row.next() || row.is_null(3)) return std::nullopt;
  const auto status = static_cast<JobStatus>(row.small(0));
  Attempt attempt{row.small(1),  std::string(row.text(2)), row.time(3), std::nullopt, std::nullopt, std::nullopt,
                  row.integer(5)};
  if (status == JobStatus::processing) return attempt;
  if (status != JobStatus::completed) return std::nullopt;
  attempt.ended_at = row.optional_time(4);
  attempt.outcome = AttemptOutcome::completed;
  return attempt;
}

JobRows::JobRows(Database& database)
    : database_(database),
      known_types_(database),
      insert_(database.prepare(fmt::format(
          "INSERT INTO jobs ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", job_columns))),
      insert_data_(database.prepare("INSERT INTO job_data (job_id, data) VALUES (?, ?)")),
      find_(database.prepare(fmt::format("SELECT {} FROM jobs WHERE id = ?", job_columns))),
      find_pending_(database.prepare("SELECT status, user_id, type, priority, queue FROM jobs WHERE id = ?")),
      find_lease_(
          database.prepare("SELECT fence FROM jobs WHERE id = ? AND status = 1 AND worker = ? AND worker_user = ?")),
      store_live_(database.prepare("UPDATE jobs SET status = ?, run_at = ?, lease_expires_at = ?, fence = ?, revision "
                                   "= ?, attempts = ?, retries = ?, "
                                   "crashes = ?, progress = ?, updated_at = ?, started_at = ?, worker = ?, "
                                   "progress_message = ?, error = ?, blocked_by = ?, worker_user = ? WHERE id = ?")),
      store_finish_(database.prepare(
          "UPDATE jobs SET status = ?, run_at = ?, lease_expires_at = ?, fence = ?, revision = ?, attempts = ?, "
          "retries = ?, "
          "crashes = ?, progress = ?, updated_at = ?, progress_message = ?, error = ?, completed_at = ?, result = ?, "
          "blocked_by = ? WHERE id = ?")),
      store_change_(
          database.prepare("UPDATE jobs SET priority = ?, run_at = ?, revision = ?, updated_at = ? WHERE id = ?")),
      find_dependency_(database.prepare("SELECT user_id, status FROM jobs WHERE id = ?")),
      add_attempt_(
          database.prepare("INSERT INTO job_attempts (job_id, fence, attempt, worker, started_at, ended_at, outcome, "
                           "error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
      find_outcome_(database.prepare("SELECT outcome FROM job_attempts WHERE job_id = ? AND fence = ?")) {}

void JobRows::insert(const Job& job) {
  const bool long_data = job.data.size() > inline_data_bytes_max;
  const auto data = long_data ? std::nullopt : std::optional{std::string_view{job.data}};
  const auto queue = job.queue == default_queue ? std::nullopt : std::optional{std::string_view{job.queue}};
  const auto tags = job.tags.empty() ? std::nullopt : std::optional{write_tags(job.tags)};
  const auto terms = job.terms.empty() ? std::nullopt : std::optional{jobs::to_json(job.terms)};
  insert_.execute(job.id, static_cast<int>(job.status), job.user_id, job.type, job.priority, job.run_at,
                  job.lease_expires_at, job.completed_at, job.fence, job.revision, job.attempts, job.retries,
                  job.max_retries, job.crashes, job.progress, job.created_at, job.updated_at, job.started_at,
                  view(job.worker), view(job.progress_message), queue, view(tags), view(job.error), view(job.result),
                  data, view(terms), job.blocked_by, job.worker_user);
  if (long_data) insert_data_.execute(job.id, job.data);
  if (job.user_id != jobs::system_owner) known_types_.note(job.user_id, job.type);
  if (job.sealed)
    database_.statement("INSERT INTO job_sealed (job_id, sealed) VALUES (?, ?)").execute(job.id, *job.sealed);
}

std::optional<std::string> JobRows::find_sealed(JobId id) {
  Cursor row = database_.statement("SELECT sealed FROM job_sealed WHERE job_id = ?").query(id);
  if (!row.next()) return std::nullopt;
  return std::string(row.text(0));
}

void JobRows::drop_sealed(JobId id) { database_.statement("DELETE FROM job_sealed WHERE job_id = ?").execute(id); }

std::optional<Job> JobRows::find(JobId id) {
  Cursor row = find_.query(id);
  if (!row.next()) return std::nullopt;
  try {
    return read_job(row, database_);
  } catch (const DamagedRow& damage) {
    step_over(id, damage);
    return std::nullopt;
  }
}

void JobRows::step_over(JobId id, const DamagedRow& damage) {
  if (stepped_over_.size() == stepped_over_max || !stepped_over_.insert(id).second) return;
  log::error("store: a job cannot be read and is left alone; see taskgate check",
             {{"job", to_string(id)}, {"error", damage.what()}});
}

std::optional<QueuedRow> JobRows::find_pending(JobId id) {
  Cursor row = find_pending_.query(id);
  if (!row.next() || static_cast<JobStatus>(row.small(0)) != JobStatus::pending) return std::nullopt;
  return QueuedRow{row.user_id(1), std::string(row.text(2)), row.real(3),
                   std::string(row.is_null(4) ? default_queue : row.text(4))};
}

std::optional<std::int64_t> JobRows::find_lease(JobId id, const UserId& worker_user, std::string_view worker) {
  Cursor row = find_lease_.query(id, worker, worker_user);
  if (!row.next()) return std::nullopt;
  return row.integer(0);
}

void JobRows::store_live(const Job& job) {
  store_live_.execute(static_cast<int>(job.status), job.run_at, job.lease_expires_at, job.fence, job.revision,
                      job.attempts, job.retries, job.crashes, job.progress, job.updated_at, job.started_at,
                      view(job.worker), view(job.progress_message), view(job.error), job.blocked_by, job.worker_user,
                      job.id);
}

void JobRows::store_finish(const Job& job) {
  store_finish_.execute(static_cast<int>(job.status), job.run_at, job.lease_expires_at, job.fence, job.revision,
                        job.attempts, job.retries, job.crashes, job.progress, job.updated_at,
                        view(job.progress_message), view(job.error), job.completed_at, view(job.result), job.blocked_by,
                        job.id);
}

void JobRows::store_change(const Job& job) {
  store_change_.execute(job.priority, job.run_at, job.revision, job.updated_at, job.id);
}

std::optional<DependencyRow> JobRows::find_dependency(JobId id) {
  Cursor row = find_dependency_.query(id);
  if (!row.next()) return std::nullopt;
  return DependencyRow{row.user_id(0), static_cast<JobStatus>(row.small(1))};
}

void JobRows::for_each_with_terms(const std::function<void(const Job&)>& receive) {
  Statement statement = database_.prepare(fmt::format(
      "SELECT {} FROM jobs INDEXED BY jobs_live_with_terms WHERE completed_at IS NULL AND terms IS NOT NULL",
      job_columns));
  Cursor row = statement.query();
  while (row.next()) {
    try {
      receive(read_job(row, database_));
    } catch (const DamagedRow& damage) {
      step_over(row.job_id(0), damage);
    }
  }
}

void JobRows::add_attempt(const Job& job, AttemptOutcome outcome, const std::optional<std::string>& error, Time now) {
  const std::string_view worker = job.worker ? std::string_view{*job.worker} : std::string_view{};
  add_attempt_.execute(job.id, job.fence, job.attempts, worker, job.started_at.value_or(now), now,
                       static_cast<int>(outcome), view(error));
  // One fence an attempt: this bounds them without counting.
  if (job.fence <= jobs::attempts_kept_max) return;
  database_.statement("DELETE FROM job_attempts WHERE job_id = ? AND fence <= ?")
      .execute(job.id, job.fence - jobs::attempts_kept_max);
}

std::optional<AttemptOutcome> JobRows::find_outcome(JobId id, std::int64_t fence) {
  Cursor row = find_outcome_.query(id, fence);
  if (!row.next()) return std::nullopt;
  return static_cast<AttemptOutcome>(row.small(0));
}

void JobRows::for_each_live(const std::function<void(const LiveRow&)>& receive) {
  Statement statement = database_.prepare(
      "SELECT id, status, user_id, type, priority, run_at, lease_expires_at, queue, blocked_by, terms FROM jobs "
      "INDEXED BY jobs_live "
      "WHERE completed_at IS NULL ORDER BY id");
  Cursor row = statement.query();
  LiveRow live;
  while (row.next()) {
    try {
      read_live(row, live);
    } catch (const DamagedRow& damage) {
      step_over(row.job_id(0), damage);
      continue;
    }
    receive(live);
  }
}

}  // namespace taskgate::sqlite
