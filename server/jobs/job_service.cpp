#include "jobs/job_service.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json.h"
#include "jobs/job_type.h"

namespace taskgate::jobs {
namespace {

constexpr int max_retries_highest = 100;
constexpr std::chrono::milliseconds delay_longest = std::chrono::hours{24 * 365};
constexpr std::size_t page_largest = 1000;

Scope scope_of(const Principal& caller) {
  if (caller.is_admin()) return {};
  return {caller.user_id};
}

Error admin_only() { return {ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, std::nullopt}; }

std::size_t page_size(std::size_t limit) { return std::clamp<std::size_t>(limit, 1, page_largest); }

// What is wrong with `data`, or nothing.
std::optional<FieldError> data_fault(const std::string& data, std::size_t bytes_max) {
  if (data.size() > bytes_max) {
    return FieldError{"data", "Data must have at most " + std::to_string(bytes_max / 1024) + " KiB"};
  }
  const auto parsed = parse_json(data);
  if (!parsed) return FieldError{"data", "Data must be valid JSON: " + parsed.error().message};
  return std::nullopt;
}

std::vector<FieldError> option_faults(const NewJob& job, const JobOptions& options) {
  std::vector<FieldError> faults;
  if (auto fault = data_fault(job.data, options.data_bytes_max)) faults.push_back(std::move(*fault));
  if (!std::isfinite(job.priority)) faults.push_back({"priority", "Priority must be a finite number"});
  if (job.max_retries && (*job.max_retries < 0 || *job.max_retries > max_retries_highest)) {
    faults.push_back({"maxRetries", "maxRetries must be between 0 and 100"});
  }
  if (job.delay && (job.delay->count() < 0 || *job.delay > delay_longest)) {
    faults.push_back({"delayMs", "delayMs must be between 0 and 31536000000 (365 days)"});
  }
  return faults;
}

}  // namespace

JobService::JobService(JobStore& store, const Clock& clock, IdGenerator& ids, JobOptions options)
    : store_(store), clock_(clock), ids_(ids), options_(options) {}

Awaitable<Result<Job>> JobService::submit(Principal caller, NewJob job) {
  auto type = normalize_job_type(job.type);
  std::vector<FieldError> faults = option_faults(job, options_);
  if (!type) {
    if (faults.empty()) co_return type.error();
    Error error = type.error();
    error.fields.insert(error.fields.end(), faults.begin(), faults.end());
    co_return error;
  }
  if (!faults.empty()) co_return validation_failed(std::move(faults));

  const Time now = clock_.now();
  Job created;
  created.id = ids_.next_job_id(now);
  created.user_id = caller.user_id;
  created.type = std::move(*type);
  created.data = std::move(job.data);
  created.priority = job.priority;
  created.max_retries = job.max_retries.value_or(options_.max_retries);
  created.created_at = now;
  created.updated_at = now;
  if (job.delay && job.delay->count() > 0) created.run_at = now + *job.delay;

  std::vector<Job> batch;
  batch.push_back(created);
  co_await store_.submit(std::move(batch), now);
  job_changed(created);
  work_available();
  co_return created;
}

Awaitable<Result<Job>> JobService::get(Principal caller, JobId id) {
  const Scope scope = scope_of(caller);
  co_return co_await store_.get(scope, id);
}

Awaitable<Result<std::vector<Attempt>>> JobService::attempts(Principal caller, JobId id) {
  const Scope scope = scope_of(caller);
  co_return co_await store_.attempts(scope, id);
}

Awaitable<JobPage> JobService::list_own(Principal caller, JobFilter filter, std::size_t limit,
                                        std::optional<JobId> before) {
  const Scope own{caller.user_id};
  co_return co_await store_.list(own, std::move(filter), page_size(limit), before);
}

Awaitable<Result<JobPage>> JobService::list_all(Principal caller, JobFilter filter, std::size_t limit,
                                                std::optional<JobId> before) {
  if (!caller.is_admin()) co_return admin_only();
  const Scope everybody;
  co_return co_await store_.list(everybody, std::move(filter), page_size(limit), before);
}

Awaitable<JobCounts> JobService::count_own(Principal caller) {
  const Scope own{caller.user_id};
  co_return co_await store_.counts(own);
}

Awaitable<Result<JobCounts>> JobService::count_all(Principal caller) {
  if (!caller.is_admin()) co_return admin_only();
  const Scope everybody;
  co_return co_await store_.counts(everybody);
}

Awaitable<Result<Job>> JobService::cancel(Principal caller, JobId id) {
  const Scope scope = scope_of(caller);
  auto cancelled = co_await store_.cancel(scope, id, clock_.now());
  if (cancelled) {
    job_cancelled(id);
    job_changed(*cancelled);
  }
  co_return cancelled;
}

Awaitable<Result<Job>> JobService::retry(Principal caller, JobId id) {
  const Scope scope = scope_of(caller);
  auto waiting = co_await store_.retry(scope, id, clock_.now());
  if (waiting) {
    job_changed(*waiting);
    work_available();
  }
  co_return waiting;
}

}  // namespace taskgate::jobs
