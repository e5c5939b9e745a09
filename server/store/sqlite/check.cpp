#include "store/sqlite/check.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "jobs/job.h"
#include "store/sqlite/data_folder.h"
#include "store/sqlite/database.h"
#include "store/sqlite/job_belongings.h"
#include "store/sqlite/schema.h"

namespace taskgate::sqlite {
namespace {

constexpr std::size_t examples_max = 5;

// A promise and the rows that break it: one text each.
struct Promise {
  std::string_view sentence;
  std::string_view faults;
};

// status: 0 pending, 1 processing, 2 completed, 3 failed, 4 cancelled; outcome: 4 released.
constexpr std::array promises = {
    Promise{"Every job has a status",
            "SELECT printf('job %016x has status %d', id, status) FROM jobs WHERE status NOT "
            "BETWEEN 0 AND 4"},
    Promise{"Finished jobs, and no others, have an end",
            "SELECT printf('job %016x', id) FROM jobs WHERE (status >= 2) != (completed_at IS NOT NULL)"},
    Promise{"Running jobs, and no others, have a lease",
            "SELECT printf('job %016x', id) FROM jobs WHERE (status = 1) != (lease_expires_at IS NOT NULL) OR (status "
            "= 1 AND (worker IS NULL OR started_at IS NULL OR fence < 1))"},
    Promise{"Only pending jobs wait for others",
            "SELECT printf('job %016x', id) FROM jobs WHERE blocked_by < 0 OR (blocked_by > 0 AND status != 0)"},
    Promise{"Every job has its data once",
            "SELECT printf('job %016x', id) FROM jobs WHERE (data IS NULL) != EXISTS (SELECT 1 FROM job_data WHERE "
            "job_id = jobs.id)"},
    Promise{"No attempt has a fence that its job has not reached",
            "SELECT printf('job %016x: attempt with fence %d of %d', jobs.id, job_attempts.fence, jobs.fence) FROM "
            "job_attempts JOIN jobs ON jobs.id = job_id WHERE job_attempts.fence > jobs.fence OR (job_attempts.fence = "
            "jobs.fence AND status IN (1, 2))"},
    Promise{"No job has more attempts than were started",
            "SELECT printf('job %016x', id) FROM jobs JOIN (SELECT job_id, count(*) AS ended FROM job_attempts WHERE "
            "outcome != 4 GROUP BY job_id) ON id = job_id WHERE ended + (status IN (1, 2)) > attempts"},
    Promise{
        "Of the jobs with one unique key at most one is live",
        "SELECT printf('%d jobs have the key %s, one is job %016x', count(*), terms ->> 'uniqueKey', min(id)) FROM "
        "(SELECT id, user_id, iif(json_valid(terms), terms, NULL) AS terms FROM jobs WHERE completed_at IS NULL AND "
        "terms IS NOT NULL) WHERE terms ->> 'uniqueKey' IS NOT NULL AND terms ->> 'uniqueFor' IS NULL AND terms "
        "->> 'uniqueUntil' IS NULL GROUP BY user_id, terms ->> 'uniqueKey' HAVING count(*) > 1"},
    Promise{
        "Live jobs hold their unique keys",
        "SELECT printf('job %016x', id) FROM (SELECT id, user_id, iif(json_valid(terms), terms, NULL) AS terms FROM "
        "jobs WHERE completed_at IS NULL AND terms IS NOT NULL) AS live WHERE terms ->> 'uniqueKey' IS NOT NULL AND "
        "terms ->> 'uniqueFor' IS NULL AND terms ->> 'uniqueUntil' IS NULL AND NOT EXISTS (SELECT 1 FROM "
        "job_unique_keys WHERE user_id = live.user_id AND key = live.terms ->> 'uniqueKey' AND job_id = live.id)"},
    Promise{"Unique keys are held by jobs of their user",
            "SELECT printf('key %s of job %016x', key, job_id) FROM job_unique_keys WHERE (until IS NULL OR until > "
            ":now) AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = job_id AND user_id = job_unique_keys.user_id)"},
    Promise{
        "Every job has an owner",
        "SELECT printf('job %016x', id) FROM jobs WHERE user_id <> zeroblob(12) AND NOT EXISTS (SELECT 1 FROM users "
        "WHERE id = user_id)"},
    Promise{"What a job of the server carries sealed is gone when it has ended",
            "SELECT printf('job %016x', id) FROM jobs WHERE completed_at IS NOT NULL AND EXISTS (SELECT 1 FROM "
            "job_sealed WHERE job_id = jobs.id)"},
    Promise{"Every session has a user",
            "SELECT printf('session %s', lower(hex(id))) FROM sessions WHERE NOT EXISTS "
            "(SELECT 1 FROM users WHERE id = user_id)"},
    Promise{"Every one-time token has a user",
            "SELECT printf('token of %s', email) FROM one_time_tokens WHERE user_id <> zeroblob(12) AND NOT "
            "EXISTS (SELECT 1 FROM users WHERE id = user_id)"},
    Promise{"Every API key has a user",
            "SELECT printf('key %s', lower(hex(id))) FROM api_keys WHERE NOT EXISTS "
            "(SELECT 1 FROM users WHERE id = user_id)"},
    Promise{"Every webhook has a user, and a time when it has a reason to be disabled",
            "SELECT printf('webhook %016x', id) FROM webhooks WHERE (disabled_reason IS NULL) != (disabled_at IS NULL) "
            "OR NOT EXISTS (SELECT 1 FROM users WHERE id = user_id)"},
};

// By user, and for all users under the empty id, as in job_counts; the server's own jobs are under the id of zeros.
constexpr std::string_view recount =
    "SELECT user_id, sum(status = 0) AS pending, sum(status = 1) AS processing, sum(status = 2) AS completed, "
    "sum(status = 3) AS failed, sum(status = 4) AS cancelled FROM (SELECT user_id, status FROM jobs UNION ALL SELECT "
    "x'', status FROM jobs WHERE user_id <> zeroblob(12)) GROUP BY user_id";

constexpr std::array count_columns = {"pending", "processing", "completed", "failed", "cancelled"};

std::string wrong_counts() {
  std::string differs;
  std::string kept;
  std::string counted;
  for (const auto* column : count_columns) {
    differs +=
        fmt::format("{}coalesce(kept.{}, 0) != coalesce(counted.{}, 0)", differs.empty() ? "" : " OR ", column, column);
    kept += fmt::format(", coalesce(kept.{}, 0)", column);
    counted += fmt::format(", coalesce(counted.{}, 0)", column);
  }
  return fmt::format(
      "SELECT printf('%s: %d/%d/%d/%d/%d are kept, there are %d/%d/%d/%d/%d', iif(user_id = x'', 'everybody', 'user ' "
      "|| lower(hex(user_id))){}{}) FROM job_counts AS kept FULL OUTER JOIN ({}) AS counted USING (user_id) WHERE {}",
      kept, counted, recount, differs);
}

void note(Checked& checked, std::string example) {
  if (++checked.faults <= static_cast<std::int64_t>(examples_max)) checked.examples.push_back(std::move(example));
}

Checked hold_against(Database& database, std::string_view sentence, std::string_view faults, Time now) {
  Checked checked{std::string(sentence), 0, {}, false};
  Statement statement = database.prepare(faults);
  Cursor row = faults.find(":now") != std::string_view::npos ? statement.query(now) : statement.query();
  while (row.next()) note(checked, std::string(row.text(0)));
  return checked;
}

Checked check_file(Database& database) {
  Checked checked{"The file is sound (integrity_check)", 0, {}, false};
  try {
    Statement statement = database.prepare("PRAGMA integrity_check(20)");
    Cursor row = statement.query();
    while (row.next()) {
      if (row.text(0) != "ok") note(checked, std::string(row.text(0)));
    }
  } catch (const DatabaseError& error) {
    // Too damaged to be read to its end.
    if (error.is_of_the_engine()) throw;
    note(checked, error.what());
  }
  return checked;
}

// What cannot be said in SQL: the terms of jobs can be read, and pending jobs count those they wait for.
void check_terms(Database& database, std::vector<Checked>& all) {
  Checked readable{"The terms of every job can be read", 0, {}, false};
  Checked counted{"Pending jobs count those that they wait for", 0, {}, false};
  Statement dependency = database.prepare("SELECT status FROM jobs WHERE id = ?");
  Statement statement = database.prepare("SELECT id, status, blocked_by, terms FROM jobs WHERE terms IS NOT NULL");
  Cursor row = statement.query();
  while (row.next()) {
    const auto terms = jobs::parse_job_terms(row.text(3));
    if (!terms) {
      note(readable, "job " + to_string(row.job_id(0)));
      continue;
    }
    if (row.integer(1) != 0) continue;
    int blocked_by = 0;
    for (const JobId id : terms->depends_on) {
      Cursor other = dependency.query(id);
      if (other.next() && other.integer(0) != static_cast<int>(jobs::JobStatus::completed)) ++blocked_by;
    }
    if (blocked_by == row.integer(2)) continue;
    note(counted,
         fmt::format("job {} waits for {}, but says {}", to_string(row.job_id(0)), blocked_by, row.integer(2)));
  }
  all.push_back(std::move(readable));
  all.push_back(std::move(counted));
}

std::filesystem::path existing_database(const std::filesystem::path& folder) {
  auto file = folder / "taskgate.db";
  if (!std::filesystem::exists(file)) {
    throw std::runtime_error(
        fmt::format("There is no database in {}: check --data-dir (or DATA_DIR).", folder.string()));
  }
  return file;
}

std::vector<Checked> check_all(Database& database, const std::filesystem::path& file, Time now) {
  const int version = read_schema_version(database, file);
  const Transaction moment(database, Transaction::Kind::read);
  std::vector<Checked> all;
  all.push_back(check_file(database));
  if (version != schema_version()) {
    throw std::runtime_error(
        fmt::format("{} has schema {}, this program checks schema {}: start the server once to bring it up to date. "
                    "The file itself is {}.",
                    file.string(), version, schema_version(), all.front().faults == 0 ? "sound" : "damaged"));
  }
  if (all.front().faults > 0) return all;
  for (const auto& promise : promises) all.push_back(hold_against(database, promise.sentence, promise.faults, now));
  for (const auto table : job_belongings) {
    all.push_back(hold_against(database, fmt::format("Every row of {} has its job", table),
                               fmt::format("SELECT printf('job %016x', job_id) FROM {} WHERE NOT EXISTS (SELECT 1 FROM "
                                           "jobs WHERE id = job_id)",
                                           table),
                               now));
  }
  check_terms(database, all);
  all.push_back(hold_against(database, "The numbers of jobs are those of a recount", wrong_counts(), now));
  all.back().can_be_repaired = true;
  return all;
}

}  // namespace

std::vector<Checked> check_database(const std::filesystem::path& folder, Time now) {
  const auto file = existing_database(folder);
  try {
    Database database(file, {});
    return check_all(database, file, now);
  } catch (const DatabaseError& error) {
    throw std::runtime_error(fmt::format("{} cannot be checked: {}.", file.string(), error.what()));
  }
}

void repair_counts(const std::filesystem::path& folder) {
  const auto file = existing_database(folder);
  const FolderLock lock{DataFolder(folder)};
  try {
    Database database(file, {});
    Transaction transaction(database, Transaction::Kind::write);
    database.execute("DELETE FROM job_counts");
    database.execute(
        fmt::format("INSERT INTO job_counts (user_id, pending, processing, completed, failed, cancelled) {}", recount)
            .c_str());
    transaction.commit();
  } catch (const DatabaseError& error) {
    throw std::runtime_error(fmt::format("The counts in {} cannot be repaired: {}.", file.string(), error.what()));
  }
}

}  // namespace taskgate::sqlite
