#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_record.h"

namespace taskgate::jobs {

enum class JobEventKind : std::uint8_t {
  submitted,
  started,
  completed,
  retry_scheduled,  // an attempt failed, and there will be another
  failed,           // an attempt failed, and that was the last one
  crashed,          // an attempt ended without a word
  poisoned,         // it crashed once too often
  released,         // an attempt was handed back or snoozed; nothing was spent
  cancelled,
  retried,            // by hand
  changed,            // by hand: priority or time
  expired,            // not started in time
  dependency_failed,  // a job that it depends on failed or was cancelled
};

[[nodiscard]] std::string_view to_string(JobEventKind kind);

struct JobEvent {
  JobEventKind kind = JobEventKind::submitted;
  Time at;
  std::optional<int> attempt = std::nullopt;
  std::optional<std::string> worker = std::nullopt;
  std::optional<std::string> error = std::nullopt;
  std::optional<UserId> by = std::nullopt;
  std::optional<double> priority_before = std::nullopt;
  std::optional<double> priority = std::nullopt;
  // retry_scheduled: when it is due, while it waits for that; changed: the time it was given
  std::optional<Time> run_at = std::nullopt;
};

// The history of a job, oldest first: read from its attempts, its notes and itself, see
// docs/decisions/0006-history-is-derived.md. Attempts and notes that are not kept any more are missing.
[[nodiscard]] std::vector<JobEvent> history_of(const JobRecord& record);

}  // namespace taskgate::jobs
