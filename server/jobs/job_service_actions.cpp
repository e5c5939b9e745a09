#include <algorithm>
#include <set>
#include <utility>

#include "jobs/job_service.h"

namespace taskgate::jobs {
namespace {

// Jobs of one change of the store. Others get their turn with it in between.
constexpr std::size_t part_jobs = 1'000;
constexpr std::size_t parts_max = action_jobs_max / part_jobs;

Error admin_only() { return {ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, std::nullopt}; }

std::optional<Error> fault_of(const JobActionOrder& order) {
  if (order.ids.size() > action_ids_max) return validation_failed("ids", "ids must name at most 1000 jobs");
  if (!order.filter) return std::nullopt;
  if (order.limit < 1 || order.limit > action_jobs_max) {
    return validation_failed("limit", "limit must be a whole number from 1 to 10000");
  }
  if (!order.filter->statuses.intersection(statuses_for(order.action)).empty()) return std::nullopt;
  return validation_failed("filter.status", order.action == JobAction::cancel
                                                ? "Only pending and processing jobs can be cancelled"
                                                : "Only failed and cancelled jobs can be retried");
}

void drop_repetitions(std::vector<JobId>& ids) {
  std::set<JobId> seen;
  std::erase_if(ids, [&seen](JobId id) { return !seen.insert(id).second; });
}

}  // namespace

Awaitable<Result<JobActionReport>> JobService::act(Principal caller, JobActionOrder order) {
  if (order.everybody && !caller.is_admin()) co_return admin_only();
  if (auto fault = fault_of(order)) co_return std::move(*fault);
  const Scope scope{order.everybody ? order.of.user : caller.user_id, caller.user_id};
  JobActionReport report;
  if (!order.filter) {
    drop_repetitions(order.ids);
    JobActionRequest request{order.action, scope, std::move(order.ids), {}};
    co_await act_on(std::move(request), report);
    co_return report;
  }
  JobFilter filter = std::move(*order.filter);
  filter.statuses = filter.statuses.intersection(statuses_for(order.action));
  report.next = order.before;
  std::size_t left = order.limit;
  // A part may hold few jobs because many were looked at for it, so parts are counted, too.
  for (std::size_t part_number = 0; part_number < parts_max && left > 0; ++part_number) {
    const std::size_t wanted = std::min(left, part_jobs);
    auto part = co_await store_.list_ids(scope, filter, wanted, report.next);
    const std::size_t found = part.ids.size();
    report.next = part.next;
    left -= found;
    JobActionRequest request{order.action, scope, std::move(part.ids), filter};
    co_await act_on(std::move(request), report);
    if (!report.next) break;
  }
  co_return report;
}

Awaitable<void> JobService::act_on(JobActionRequest request, JobActionReport& report) {
  if (request.ids.empty()) co_return;
  const JobAction action = request.action;
  auto acted = co_await store_.act(std::move(request), clock_.now());
  for (auto& [id, job] : acted) {
    if (job) {
      ++report.matched;
      ++report.done;
      if (action == JobAction::cancel) job_cancelled(id, job->fence);
      job_changed(*job);
    } else if (job.error().reason != "no_longer_matches") {
      if (job.error().code != ErrorCode::not_found) ++report.matched;
      report.refused.push_back({id, std::move(job).error()});
    }
  }
  if (action == JobAction::retry) work_available();
}

}  // namespace taskgate::jobs
