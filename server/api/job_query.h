#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "jobs/job_store.h"
#include "net/http.h"

namespace taskgate::api {

// Which page of a list of jobs is asked for: ?status= &type= &tag= &queue= &text= &createdAfter= &createdBefore=
// &limit= &cursor=, and of everybody's jobs ?userId= (an id, or "system").
struct JobQuery {
  enum class Of { caller, everybody };

  jobs::JobFilter filter;
  std::optional<UserId> user;
  std::size_t limit = 100;  // 1–1000
  std::optional<JobId> before;
};

// A parameter that is a whole number; `otherwise` when it is not given. Errors: validation_failed.
struct WholeNumber {
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::int64_t otherwise = 0;
};
[[nodiscard]] Result<std::int64_t> parse_whole_number(const net::Request& request, std::string_view name,
                                                      WholeNumber rule);

// Errors: validation_failed, naming each parameter that is wrong.
[[nodiscard]] Result<JobQuery> parse_job_query(const net::Request& request, JobQuery::Of of = JobQuery::Of::caller);

}  // namespace taskgate::api
