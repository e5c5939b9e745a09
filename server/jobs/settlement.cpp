#include "jobs/settlement.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "jobs/utf8_prefix.h"

namespace taskgate::jobs {
namespace {

constexpr std::size_t error_bytes_max = 8 * 1024;

double seconds(std::chrono::milliseconds duration) { return static_cast<double>(duration.count()) / 1000; }

// Whether another retry may begin at `at`.
bool may_retry(const Job& job, Time at) {
  return job.terms.retry_until ? at <= *job.terms.retry_until : job.retries < job.max_retries;
}

Settlement failure_of(const Job& job, const FailedAttempt& failed, const BackoffPolicy& backoff, double random,
                      Time now) {
  Settlement settlement{
      job.id, job.fence, SettlementKind::fail, std::nullopt, utf8_prefix(failed.error, error_bytes_max), std::nullopt};
  if (!failed.retryable) return settlement;
  const BackoffPolicy& policy = job.terms.backoff ? *job.terms.backoff : backoff;
  const auto delay = failed.delay ? std::max(*failed.delay, std::chrono::milliseconds{0})
                                  : backoff_delay(policy, job.retries + 1, random);
  if (!may_retry(job, now + delay)) return settlement;
  settlement.kind = SettlementKind::retry;
  settlement.run_at = now + delay;
  return settlement;
}

std::string what_follows(const Job& job, const Settlement& settlement, Time now) {
  if (settlement.kind == SettlementKind::retry) {
    const std::string of = job.terms.retry_until ? "" : fmt::format(" of {}", job.max_retries);
    return fmt::format("retry {}{} in {:.1f} s", job.retries + 1, of, seconds(*settlement.run_at - now));
  }
  if (job.terms.retry_until) return "not retried: not retryable, or its time for retries is over";
  return job.retries < job.max_retries ? "not retryable" : "no retries left";
}

}  // namespace

Settlement settlement_of(const Job& job, const HandlerOutcome& outcome, const BackoffPolicy& backoff,
                         std::size_t result_bytes_max, double random, Time now) {
  const auto* succeeded = std::get_if<Succeeded>(&outcome);
  if (succeeded == nullptr) return failure_of(job, std::get<FailedAttempt>(outcome), backoff, random, now);
  if (succeeded->result.size() > result_bytes_max) {
    const FailedAttempt too_large{fmt::format("The result has more than {} KiB", result_bytes_max / 1024), false};
    return failure_of(job, too_large, backoff, random, now);
  }
  if (const auto parsed = parse_json(succeeded->result); !parsed) {
    const FailedAttempt not_json{"The result is not valid JSON: " + parsed.error().message, false};
    return failure_of(job, not_json, backoff, random, now);
  }
  return {job.id, job.fence, SettlementKind::complete, succeeded->result, std::nullopt, std::nullopt};
}

std::string attempt_name(const Job& job) {
  return fmt::format("job {} \"{}\" attempt {}", to_string(job.id), job.type, job.attempts);
}

std::string settlement_line(const Job& job, const Settlement& settlement, Time now) {
  const std::string name = attempt_name(job);
  switch (settlement.kind) {
    case SettlementKind::complete:
      return fmt::format("{} completed in {:.1f} s", name, seconds(now - job.started_at.value_or(now)));
    case SettlementKind::release:
      return fmt::format("{} released: the server is stopping", name);
    case SettlementKind::retry:
    case SettlementKind::fail:
      break;
  }
  return fmt::format("{} failed: {}; {}", name, settlement.error.value_or(""), what_follows(job, settlement, now));
}

std::string crash_line(const Job& job, int crashes_max) {
  if (job.status == JobStatus::failed) {
    return fmt::format("{} crashed; failed: {}", attempt_name(job), job.error.value_or(""));
  }
  return fmt::format("{} crashed; crash {} of {}, back in the queue", attempt_name(job), job.crashes, crashes_max);
}

}  // namespace taskgate::jobs
