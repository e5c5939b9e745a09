#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/job_terms.h"

namespace taskgate::jobs {

enum class JobStatus : std::uint8_t { pending, processing, completed, failed, cancelled };

[[nodiscard]] std::string_view to_string(JobStatus status);
[[nodiscard]] std::optional<JobStatus> parse_job_status(std::string_view text);
// Completed, failed or cancelled: nothing will happen to the job by itself any more.
[[nodiscard]] bool is_finished(JobStatus status);

// One job as it stands. JSON values (`data`, `result`) are kept as the exact text that was given, so that digits
// survive.
struct Job {
  JobId id;
  UserId user_id;
  std::string type;
  JobStatus status = JobStatus::pending;
  std::string data = "{}";            // JSON text
  std::optional<std::string> result;  // JSON text
  std::optional<std::string> error;   // of the last failed attempt, for a person
  int retries = 0;                    // failures that were retried
  int max_retries = 3;
  double priority = 0;  // finite; higher first
  int attempts = 0;     // times it was started
  int crashes = 0;      // attempts that ended without a word: server killed, lease expired
  double progress = 0;  // percent, 0 to 100
  std::optional<std::string> progress_message;
  std::string queue = "default";
  std::vector<std::string> tags;
  JobTerms terms;      // what was agreed at submit beyond the above; never changes
  int blocked_by = 0;  // jobs of terms.depends_on that have not completed yet; it cannot start before it is 0
  Time created_at;
  Time updated_at;
  std::optional<Time> run_at;            // not to be started before; set while waiting for a retry or a delay
  std::optional<Time> started_at;        // of the latest attempt
  std::optional<Time> completed_at;      // when it became finished
  std::int64_t fence = 0;                // raised by each claim and by a cancel; a lease of an older fence is dead
  std::int64_t revision = 0;             // raised by each stored change; orders the events about one job
  std::optional<std::string> worker;     // who holds the lease, while processing
  std::optional<UserId> worker_user;     // whose key the worker claimed with; nothing for the program's own runner
  std::optional<Time> lease_expires_at;  // while processing
  // Of the server's own jobs: what their handler needs and nobody else may read, sealed (base/crypto_sealing.h). Given
  // at submit and by a claim, never otherwise; the store forgets it when the job ends.
  std::optional<std::string> sealed;
};

// How one attempt ended.
enum class AttemptOutcome : std::uint8_t { completed, failed, crashed, cancelled, released };

[[nodiscard]] std::string_view to_string(AttemptOutcome outcome);

// One start of a job. Running: no `ended_at`, no `outcome`.
struct Attempt {
  int attempt = 0;  // from 1
  std::string worker;
  Time started_at;
  std::optional<Time> ended_at;
  std::optional<AttemptOutcome> outcome;
  std::optional<std::string> error;
  std::int64_t fence = 0;  // of its lease
};

// How many jobs there are in each status.
struct JobCounts {
  std::int64_t pending = 0;
  std::int64_t processing = 0;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  bool operator==(const JobCounts&) const = default;
};

}  // namespace taskgate::jobs
