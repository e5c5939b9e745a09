#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/result.h"
#include "jobs/job.h"

namespace taskgate::jobs {

// What a submit does when another job holds its unique key.
//
// Of the jobs of one user with the same `terms.unique_key` at most one holds the key: the latest that took it, for as
// long as holds_unique_key() says so of it. Nothing has to be released, so a key cannot be left behind by a job that is
// gone.
enum class UniquePolicy : std::uint8_t {
  return_existing,  // adds nothing, answers with the holder
  reject,           // conflict, reason `unique_key_taken`
  replace,          // cancels the holder, also while it runs, and takes the key
};

[[nodiscard]] bool holds_unique_key(const Job& job, Time now);

// One job to add as given (its id made by the caller), and what to do about its unique key.
struct Submission {
  Job job;
  UniquePolicy on_duplicate = UniquePolicy::return_existing;
};

enum class SubmitStatus : std::uint8_t { created, existing, refused };

struct Submitted {
  SubmitStatus status = SubmitStatus::created;
  Job job;  // as it stands: the new one, or the holder of the unique key; nothing of it counts when refused
  std::optional<Error> refusal;  // when refused
};

// A repetition of a request with the same key by the same user is answered as the first one was and changes nothing.
struct IdempotencyKey {
  UserId user;
  std::string key;
  Sha256Digest request{};  // of what was asked for; another one with the same key is refused
  Time expires_at;
  // Writes the answer that is kept, in the same transaction as the jobs.
  std::function<std::string(const std::vector<Submitted>&)> write_answer;
};

struct SubmitRequest {
  std::vector<Submission> submissions;
  std::optional<IdempotencyKey> idempotency;
};

struct SubmitAnswer {
  std::vector<Submitted> jobs;          // one for each submission, in order; empty for a repetition
  std::optional<std::string> repeated;  // the answer that was kept for the first request of this idempotency key
};

// What may be changed about a job that waits.
struct JobChange {
  std::optional<double> priority;
  std::optional<Time> run_at;  // one that has passed: at once
};

// Errors that every engine gives.
[[nodiscard]] Error unique_key_taken(JobId holder);
[[nodiscard]] Error idempotency_mismatch();
[[nodiscard]] Error unknown_dependency(JobId dependency);
[[nodiscard]] Error dependency_failed(JobId dependency);
[[nodiscard]] Error dependency_gone(JobId dependency);
// "dependency 0193… failed": why a job failed that waited for `dependency`, which ended as `status`.
[[nodiscard]] std::string dependency_failure(JobId dependency, JobStatus status);

}  // namespace taskgate::jobs
