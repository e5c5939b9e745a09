#include "jobs/submission.h"

#include <utility>

namespace taskgate::jobs {
namespace {

Error conflict(std::string reason, std::string message) {
  return {ErrorCode::conflict, std::move(reason), std::move(message), {}, std::nullopt};
}

}  // namespace

bool holds_unique_key(const Job& job, Time now) {
  if (!job.terms.unique_key) return false;
  switch (job.terms.unique_for) {
    case UniqueFor::live:
      return !is_finished(job.status);
    case UniqueFor::pending:
      return job.status == JobStatus::pending;
    case UniqueFor::window:
      return job.terms.unique_until && now < *job.terms.unique_until;
  }
  return false;
}

Error unique_key_taken(JobId holder) {
  return conflict("unique_key_taken", "Job " + to_string(holder) + " has the same unique key");
}

Error idempotency_mismatch() {
  return conflict("idempotency_mismatch", "This Idempotency-Key was used for another request");
}

Error unknown_dependency(JobId dependency) {
  return validation_failed("dependsOn", "There is no job " + to_string(dependency) + " of yours");
}

Error dependency_failed(JobId dependency) {
  return conflict("dependency_failed",
                  "Job " + to_string(dependency) + ", which this one depends on, has not completed; retry it first");
}

Error dependency_gone(JobId dependency) {
  return conflict("dependency_failed", "Job " + to_string(dependency) +
                                           ", which this one waited for, is not kept any more; submit this one anew");
}

std::string dependency_failure(JobId dependency, JobStatus status) {
  return "dependency " + to_string(dependency) + " failed" +
         (status == JobStatus::cancelled ? ": it was cancelled" : "");
}

}  // namespace taskgate::jobs
