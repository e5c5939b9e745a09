#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "handlers/http_post.h"
#include "jobs/job_handler.h"

namespace taskgate::handlers {

// Where the jobs of a type are posted to, as configured.
struct Endpoint {
  std::string url;
  std::string secret;  // signs each request
  std::chrono::milliseconds timeout{30'000};
  bool allow_private = false;
  std::vector<std::string> resolve = {};  // see HttpPost
};

// Posts each job to a configured URL, each on a thread of the pool; see docs/handlers.md for the request and the
// answers.
//
// 2xx: completed, the body is the result. 408, 425, 429, 5xx and no answer at all: failed, to be retried, after
// Retry-After (at most a day) where it is given. Everything else, redirects and refused addresses among them: failed,
// not to be retried.
//
// Cancelling or stopping ends the exchange at once. The pool has a thread for every job that may run at once, and is
// stopped before the attempts' loop goes away; `clock` outlives the handler.
[[nodiscard]] std::shared_ptr<jobs::JobHandler> make_http_handler(Endpoint endpoint, WorkerPool& pool,
                                                                  const Clock& clock);

// The request for a job, signed with the endpoint's secret (request_signature.h).
[[nodiscard]] HttpPost request_for(const Endpoint& endpoint, const jobs::Job& job, Time now);

// What an answer means for the job.
[[nodiscard]] jobs::HandlerOutcome outcome_of(const HttpAnswer& answer);

}  // namespace taskgate::handlers
