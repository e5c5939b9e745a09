#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "jobs/submission.h"

namespace taskgate::jobs {

// A unique key as asked for at submit.
struct UniqueKeyRequest {
  std::string key;  // 1–256 printable characters
  UniquePolicy policy = UniquePolicy::return_existing;
  UniqueFor hold = UniqueFor::live;                      // `live` or `pending`; plays no part with a window
  std::optional<std::chrono::milliseconds> window = {};  // 1 ms – 365 days from now
};

// What a client asks for; make_submission checks every field.
struct NewJob {
  std::string type;                // 1–128 printable characters (code points), spaces allowed
  std::string data = "{}";         // JSON text, at most `data_bytes_max`
  bool data_is_json = false;       // whoever made this has parsed `data` already: it is not parsed again
  double priority = 0;             // finite
  std::optional<int> max_retries;  // 0–100
  std::optional<std::chrono::milliseconds> delay = {};    // 0–365 days; not together with `run_at`
  std::optional<Time> run_at = {};                        // at most 365 days ahead; one that has passed: at once
  std::optional<std::string> queue = {};                  // 1–64 printable characters; absent: "default"
  std::vector<std::string> tags = {};                     // at most 16 of 1–64 printable characters
  std::optional<std::chrono::milliseconds> timeout = {};  // of one attempt: 1 ms – 7 days
  std::optional<std::chrono::milliseconds> ttl = {};      // before the first start: 1 ms – 365 days
  std::optional<BackoffPolicy> backoff = {};  // delays 0–365 days, factor 1–100, jitter 0–1, at most 100 delays
  std::optional<Time> retry_until = {};       // at most 365 days ahead
  std::optional<UniqueKeyRequest> unique = {};
  std::vector<JobId> depends_on = {};  // at most 100 jobs of the same user
  OnDependencyFailure on_dependency_failure = OnDependencyFailure::fail;
};

struct JobOptions {
  std::size_t data_bytes_max = 256 * 1024;
  std::size_t result_bytes_max = 256 * 1024;
  int max_retries = 3;
};

// What is wrong with a time to run at, if anything is.
[[nodiscard]] std::optional<FieldError> run_at_fault(Time run_at, Time now);
[[nodiscard]] std::optional<FieldError> priority_fault(double priority);

// The job for the store. Errors: validation_failed, naming every field that is wrong ("Job type is required" as the
// message of the whole request when nothing but the type is missing).
[[nodiscard]] Result<Submission> make_submission(const UserId& owner, NewJob job, const JobOptions& options,
                                                 IdGenerator& ids, Time now);

}  // namespace taskgate::jobs
