#pragma once

#include <cstddef>
#include <optional>

#include "base/result.h"
#include "jobs/job_store.h"
#include "net/http.h"

namespace taskgate::api {

// Which page of a list of jobs is asked for: ?status= &type= &text= &limit= &cursor=.
struct JobQuery {
  jobs::JobFilter filter;
  std::size_t limit = 100;  // 1–1000
  std::optional<JobId> before;
};

// Errors: validation_failed, naming each parameter that is wrong.
[[nodiscard]] Result<JobQuery> parse_job_query(const net::Request& request);

}  // namespace taskgate::api
