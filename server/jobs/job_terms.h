#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "jobs/retry.h"

namespace taskgate::jobs {

// What becomes of a job when one it depends on fails or is cancelled.
enum class OnDependencyFailure : std::uint8_t {
  fail,  // it fails, too
  wait,  // it waits: the other may be retried by hand
};

// For how long a job keeps others with its unique key away.
enum class UniqueFor : std::uint8_t {
  live,     // until it is finished
  pending,  // while it waits
  window,   // until a moment, whatever becomes of it
};

// What was agreed about a job at submit, beyond type, data, priority, queue, tags and max_retries: most jobs have
// nothing of it. It never changes while the job lives.
struct JobTerms {
  std::optional<std::chrono::milliseconds> timeout;  // of one attempt
  std::optional<Time> expires_at;                    // to be started before; then it fails with error "expired"
  std::optional<Time> retry_until;                   // no retry begins after; max_retries then does not count
  std::optional<BackoffPolicy> backoff;              // instead of the engine's
  std::optional<std::string> unique_key;             // see unique keys in submission.h
  UniqueFor unique_for = UniqueFor::live;
  std::optional<Time> unique_until;  // of UniqueFor::window
  std::vector<JobId> depends_on;     // starts when all have completed
  OnDependencyFailure on_dependency_failure = OnDependencyFailure::fail;
  std::optional<std::string> schedule_id;  // the schedule that made it
  std::optional<JobId> parent_id;          // the job that made it
  std::optional<std::string> webhook_url;  // told when it has finished

  [[nodiscard]] bool empty() const { return *this == JobTerms{}; }
  [[nodiscard]] bool empty_of_deadlines() const { return !timeout && !expires_at; }
  bool operator==(const JobTerms&) const = default;
};

// As one JSON text for engines to keep, and back. A text that `to_json` did not write gives an error (bad_request
// `malformed_json` or `validation_failed`).
[[nodiscard]] std::string to_json(const JobTerms& terms);
[[nodiscard]] Result<JobTerms> parse_job_terms(std::string_view json);

}  // namespace taskgate::jobs
