#include "jobs/job_record_service.h"

#include <algorithm>
#include <utility>

namespace taskgate::jobs {
namespace {

constexpr std::size_t lines_per_page_max = 1'000;

Scope scope_of(const Principal& caller) {
  Scope scope;
  scope.actor = caller.user_id;
  if (!caller.is_admin()) scope.user = caller.user_id;
  return scope;
}

}  // namespace

Awaitable<Result<LogPage>> JobRecordService::log(Principal caller, JobId id, std::int64_t after, std::size_t limit) {
  const Scope scope = scope_of(caller);
  const auto most = std::clamp<std::size_t>(limit, 1, lines_per_page_max);
  auto reading = store_.log(scope, id, after, most);
  co_return co_await std::move(reading);
}

Awaitable<Result<std::vector<JobEvent>>> JobRecordService::history(Principal caller, JobId id) {
  const Scope scope = scope_of(caller);
  auto reading = store_.record(scope, id);
  const auto record = co_await std::move(reading);
  if (!record) co_return record.error();
  co_return history_of(*record);
}

}  // namespace taskgate::jobs
