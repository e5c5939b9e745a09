#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/job.h"

namespace taskgate::jobs {

// When a waiting job that was never started expires (`ttlMs`); nothing for others. A job that was started once, or
// ended and was retried by hand, does not expire any more.
[[nodiscard]] std::optional<Time> start_deadline(const Job& job);
// When the running attempt has taken too long (`timeoutMs`); nothing while it does not run, or has all the time it
// wants.
[[nodiscard]] std::optional<Time> attempt_deadline(const Job& job);
// "Timed out after 90 s": the error of such an attempt.
[[nodiscard]] std::string timeout_error(std::chrono::milliseconds timeout);
// The error of a job that was not started in time.
inline constexpr const char* expired_error = "expired";

// What a look at the deadlines found.
struct DeadlineCheck {
  std::vector<Job> expired;    // were pending past their start_deadline; are failed now
  std::vector<Job> timed_out;  // run past their attempt_deadline; unchanged, somebody has to settle them
  bool more = false;           // there are more than the limit: look again at once
  std::optional<Time> next;    // the earliest deadline that is still to come
};

}  // namespace taskgate::jobs
