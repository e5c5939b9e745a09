#include "jobs/new_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json.h"
#include "jobs/job_type.h"
#include "jobs/system_job.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

constexpr int max_retries_highest = 100;
constexpr milliseconds year = std::chrono::hours{24 * 365};
constexpr milliseconds timeout_longest = std::chrono::hours{24 * 7};
constexpr std::size_t queue_length_max = 64;
constexpr std::size_t tags_max = 16;
constexpr std::size_t tag_length_max = 64;
constexpr std::size_t unique_key_length_max = 256;
constexpr std::size_t dependencies_max = 100;
constexpr std::size_t delays_max = 100;
constexpr double factor_highest = 100;

// Gathers what is wrong. Most jobs give few of the fields, and each check costs nothing when its field is not given.
class Faults {
 public:
  void add(std::optional<FieldError> fault) {
    if (fault) faults_.push_back(std::move(*fault));
  }
  void require(bool holds, const char* field, std::string message) {
    if (!holds) faults_.push_back({field, std::move(message)});
  }
  void between(const std::optional<milliseconds>& value, milliseconds lowest, milliseconds highest, const char* field) {
    if (!value || (*value >= lowest && *value <= highest)) return;
    require(false, field, fmt::format("{} must be between {} and {}", field, lowest.count(), highest.count()));
  }
  void printable(const std::string& text, std::size_t length_max, const char* field, const char* what) {
    const auto length = printable_length(text);
    require(length && *length >= 1 && *length <= length_max, field,
            fmt::format("{} must have 1 to {} printable characters", what, length_max));
  }
  [[nodiscard]] std::vector<FieldError> take() { return std::move(faults_); }

 private:
  std::vector<FieldError> faults_;
};

std::optional<FieldError> data_fault(const NewJob& job, std::size_t bytes_max) {
  if (job.data.size() > bytes_max) {
    return FieldError{"data", "Data must have at most " + std::to_string(bytes_max / 1024) + " KiB"};
  }
  if (job.data_is_json) return std::nullopt;
  const auto parsed = parse_json(job.data);
  if (!parsed) return FieldError{"data", "Data must be valid JSON: " + parsed.error().message};
  return std::nullopt;
}

void check_times(Faults& faults, const NewJob& job, Time now) {
  if (job.delay && (job.delay->count() < 0 || *job.delay > year)) {
    faults.require(false, "delayMs", "delayMs must be between 0 and 31536000000 (365 days)");
  }
  if (job.run_at) faults.add(run_at_fault(*job.run_at, now));
  faults.require(!job.delay || !job.run_at, "runAt", "Give delayMs or runAt, not both");
  faults.between(job.timeout, milliseconds{1}, timeout_longest, "timeoutMs");
  faults.between(job.ttl, milliseconds{1}, year, "ttlMs");
  if (job.retry_until) {
    faults.require(*job.retry_until - now <= year, "retryUntil", "retryUntil must be at most 365 days ahead");
  }
}

void check_backoff(Faults& faults, const BackoffPolicy& backoff) {
  faults.between(backoff.first, milliseconds{0}, year, "backoff.delayMs");
  faults.between(backoff.longest, milliseconds{0}, year, "backoff.maxMs");
  faults.require(backoff.factor >= 1 && backoff.factor <= factor_highest, "backoff.factor",
                 "backoff.factor must be between 1 and 100");
  faults.require(backoff.jitter >= 0 && backoff.jitter <= 1, "backoff.jitter",
                 "backoff.jitter must be between 0 and 1");
  faults.require(backoff.delays.size() <= delays_max, "backoff.delaysMs",
                 "backoff.delaysMs must have at most 100 delays");
  const auto fits = [](milliseconds delay) { return delay.count() >= 0 && delay <= year; };
  faults.require(std::all_of(backoff.delays.begin(), backoff.delays.end(), fits), "backoff.delaysMs",
                 "Each of backoff.delaysMs must be between 0 and 31536000000 (365 days)");
}

void check_names(Faults& faults, const NewJob& job) {
  if (job.queue) faults.printable(*job.queue, queue_length_max, "queue", "The queue");
  faults.require(job.tags.size() <= tags_max, "tags", "A job may have at most 16 tags");
  for (const auto& tag : job.tags) faults.printable(tag, tag_length_max, "tags", "A tag");
  if (!job.unique) return;
  faults.printable(job.unique->key, unique_key_length_max, "uniqueKey", "The unique key");
  faults.between(job.unique->window, milliseconds{1}, year, "uniqueForMs");
}

std::vector<FieldError> faults_of(const NewJob& job, const JobOptions& options, Time now) {
  Faults faults;
  faults.add(data_fault(job, options.data_bytes_max));
  faults.add(priority_fault(job.priority));
  if (job.max_retries && (*job.max_retries < 0 || *job.max_retries > max_retries_highest)) {
    faults.require(false, "maxRetries", "maxRetries must be between 0 and 100");
  }
  check_times(faults, job, now);
  if (job.backoff) check_backoff(faults, *job.backoff);
  check_names(faults, job);
  faults.require(job.depends_on.size() <= dependencies_max, "dependsOn", "A job may depend on at most 100 others");
  return faults.take();
}

JobTerms terms_of(NewJob& job, Time now) {
  JobTerms terms;
  terms.timeout = job.timeout;
  if (job.ttl) terms.expires_at = now + *job.ttl;
  terms.retry_until = job.retry_until;
  terms.backoff = std::move(job.backoff);
  if (job.unique) {
    terms.unique_key = std::move(job.unique->key);
    terms.unique_for = job.unique->window ? UniqueFor::window : job.unique->hold;
    if (job.unique->window) terms.unique_until = now + *job.unique->window;
  }
  std::sort(job.depends_on.begin(), job.depends_on.end());
  job.depends_on.erase(std::unique(job.depends_on.begin(), job.depends_on.end()), job.depends_on.end());
  terms.depends_on = std::move(job.depends_on);
  terms.on_dependency_failure = job.on_dependency_failure;
  return terms;
}

std::optional<Time> run_at_of(const NewJob& job, Time now) {
  if (job.run_at && *job.run_at > now) return job.run_at;
  if (job.delay && job.delay->count() > 0) return now + *job.delay;
  return std::nullopt;
}

}  // namespace

std::optional<FieldError> run_at_fault(Time run_at, Time now) {
  if (run_at - now <= year) return std::nullopt;
  return FieldError{"runAt", "runAt must be at most 365 days ahead"};
}

std::optional<FieldError> priority_fault(double priority) {
  if (std::isfinite(priority)) return std::nullopt;
  return FieldError{"priority", "Priority must be a finite number"};
}

Result<Submission> make_submission(const UserId& owner, NewJob job, const JobOptions& options, IdGenerator& ids,
                                   Time now) {
  auto type = normalize_job_type(job.type);
  if (type && is_system_type(*type)) type = validation_failed("type", std::string(system_type_complaint));
  auto faults = faults_of(job, options, now);
  if (!type) {
    if (faults.empty()) return type.error();
    Error error = type.error();
    error.fields.insert(error.fields.end(), faults.begin(), faults.end());
    return error;
  }
  if (!faults.empty()) return validation_failed(std::move(faults));

  Submission submission;
  Job& created = submission.job;
  created.id = ids.next_job_id(now);
  created.user_id = owner;
  created.type = std::move(*type);
  created.data = std::move(job.data);
  created.priority = job.priority;
  created.max_retries = job.max_retries.value_or(options.max_retries);
  created.run_at = run_at_of(job, now);
  if (job.queue) created.queue = std::move(*job.queue);
  created.tags = std::move(job.tags);
  if (job.unique) submission.on_duplicate = job.unique->policy;
  created.terms = terms_of(job, now);
  created.created_at = now;
  created.updated_at = now;
  return submission;
}

}  // namespace taskgate::jobs
