#include "jobs/job_service.h"

#include <algorithm>
#include <utility>

namespace taskgate::jobs {
namespace {

constexpr std::chrono::milliseconds idempotency_window = std::chrono::hours{24};
constexpr std::size_t idempotency_key_length_max = 255;
constexpr std::size_t page_largest = 1000;

Scope scope_of(const Principal& caller) {
  if (caller.is_admin()) return {std::nullopt, caller.user_id};
  return {caller.user_id, caller.user_id};
}

Error admin_only() { return {ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, std::nullopt}; }

std::size_t page_size(std::size_t limit) { return std::clamp<std::size_t>(limit, 1, page_largest); }

bool is_idempotency_key(const std::string& key) {
  const auto printable = [](char c) { return c >= 0x20 && c <= 0x7E; };
  return !key.empty() && key.size() <= idempotency_key_length_max && std::all_of(key.begin(), key.end(), printable);
}

// Whether the store has to look at other jobs to take this one.
bool concerns_others(const Job& job) { return job.terms.unique_key || !job.terms.depends_on.empty(); }

}  // namespace

JobService::JobService(JobStore& store, const Clock& clock, IdGenerator& ids, JobOptions options)
    : store_(store), clock_(clock), ids_(ids), options_(options) {
  store_.job_followed.connect([this](const Job& job) {
    if (job.status == JobStatus::cancelled) job_cancelled(job.id, job.fence);
    announce(job);
  });
  store_.slot_freed.connect([this] { work_available(); });
}

void JobService::announce(const Job& job) {
  job_changed(job);
  if (job.status == JobStatus::pending && job.blocked_by == 0) work_available();
}

Awaitable<Result<Job>> JobService::submit(Principal caller, NewJob job) {
  const Time now = clock_.now();
  auto submission = make_submission(caller.user_id, std::move(job), options_, ids_, now);
  if (!submission) co_return submission.error();
  if (!concerns_others(submission->job)) {
    std::vector<Job> batch;
    batch.push_back(submission->job);
    const auto stored = co_await store_.submit(std::move(batch), now);
    if (!stored) co_return stored.error();
    announce(submission->job);
    co_return std::move(submission->job);
  }
  SubmitRequest request;
  request.submissions.push_back(std::move(*submission));
  auto answer = co_await store_.submit_all(std::move(request), now);
  if (!answer) co_return answer.error();
  Submitted& submitted = answer->jobs.at(0);
  if (submitted.status == SubmitStatus::refused) co_return std::move(*submitted.refusal);
  if (submitted.status == SubmitStatus::created) announce(submitted.job);
  co_return std::move(submitted.job);
}

Awaitable<Result<SubmitAnswer>> JobService::submit_all(Principal caller, std::vector<Result<NewJob>> jobs,
                                                       std::optional<RequestIdentity> identity) {
  if (identity && !is_idempotency_key(identity->key)) {
    co_return validation_failed("Idempotency-Key", "Idempotency-Key must have 1 to 255 printable ASCII characters");
  }
  const Time now = clock_.now();
  SubmitRequest request;
  request.submissions.reserve(jobs.size());
  std::vector<std::pair<std::size_t, Error>> refused;
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    if (!jobs[index]) {
      refused.emplace_back(index, std::move(jobs[index]).error());
      continue;
    }
    auto submission = make_submission(caller.user_id, std::move(*jobs[index]), options_, ids_, now);
    if (submission) {
      request.submissions.push_back(std::move(*submission));
    } else {
      refused.emplace_back(index, std::move(submission).error());
    }
  }
  // Puts the refused ones back to their places among the others.
  const auto complete = [&refused](std::vector<Submitted> accepted) {
    if (refused.empty()) return accepted;
    std::vector<Submitted> all;
    all.reserve(accepted.size() + refused.size());
    auto next = accepted.begin();
    for (const auto& [place, error] : refused) {
      for (; all.size() < place; ++next) all.push_back(std::move(*next));
      all.push_back({SubmitStatus::refused, {}, error});
    }
    for (; next != accepted.end(); ++next) all.push_back(std::move(*next));
    return all;
  };
  if (identity) {
    IdempotencyKey key;
    key.user = caller.user_id;
    key.key = std::move(identity->key);
    key.request = identity->request;
    key.expires_at = now + idempotency_window;
    key.write_answer = [&](const std::vector<Submitted>& accepted) {
      return identity->write_answer(refused.empty() ? accepted : complete(accepted));
    };
    request.idempotency = std::move(key);
  }
  SubmitAnswer answer;
  if (!request.submissions.empty()) {
    auto stored = co_await store_.submit_all(std::move(request), now);
    if (!stored) co_return stored.error();
    answer = std::move(*stored);
  }
  if (answer.repeated) co_return answer;
  bool any_ready = false;
  for (const auto& submitted : answer.jobs) {
    if (submitted.status != SubmitStatus::created) continue;
    job_changed(submitted.job);
    any_ready = any_ready || submitted.job.status == JobStatus::pending;
  }
  if (any_ready) work_available();
  answer.jobs = complete(std::move(answer.jobs));
  co_return answer;
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

Awaitable<Result<JobPage>> JobService::list_all(Principal caller, Scope of, JobFilter filter, std::size_t limit,
                                                std::optional<JobId> before) {
  if (!caller.is_admin()) co_return admin_only();
  co_return co_await store_.list(of, std::move(filter), page_size(limit), before);
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
    job_cancelled(id, cancelled->fence);
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

Awaitable<Result<Job>> JobService::change(Principal caller, JobId id, JobChange change) {
  const Time now = clock_.now();
  std::vector<FieldError> faults;
  if (change.priority) {
    if (auto fault = priority_fault(*change.priority)) faults.push_back(std::move(*fault));
  }
  if (change.run_at) {
    if (auto fault = run_at_fault(*change.run_at, now)) faults.push_back(std::move(*fault));
  }
  if (!faults.empty()) co_return validation_failed(std::move(faults));
  const Scope scope = scope_of(caller);
  auto changed = co_await store_.change(scope, id, std::move(change), now);
  if (changed) announce(*changed);
  co_return changed;
}

}  // namespace taskgate::jobs
