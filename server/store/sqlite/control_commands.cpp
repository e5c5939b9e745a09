#include "store/sqlite/control_commands.h"

#include <algorithm>

#include "jobs/explanation.h"
#include "jobs/system_job.h"
#include "store/sqlite/job_changes.h"

namespace taskgate::sqlite {

jobs::TypeControl control_type(WriteContext& context, const std::string& type, const jobs::TypeControlChange& change,
                               Time now) {
  const jobs::TypeControl before = context.live.queue().type_control(type);
  const jobs::TypeControl control = jobs::changed(before, change);
  context.controls.store_type(type, control, control.rate == before.rate);
  context.live.set_type_control(type, control, now);
  return control;
}

jobs::QueueControl control_queue(WriteContext& context, const std::string& queue,
                                 const jobs::QueueControlChange& change) {
  const jobs::QueueControl control = jobs::changed(context.live.queue().queue_control(queue), change);
  context.controls.store_queue(queue, control);
  context.live.set_queue_control(queue, control);
  return control;
}

jobs::UserControl control_user(WriteContext& context, const UserId& user, const jobs::UserControlChange& change) {
  const jobs::UserControl control = jobs::changed(context.live.queue().user_control(user), change);
  context.controls.store_user(user, control);
  context.live.set_user_control(user, control);
  return control;
}

jobs::QueueOverview queue_overview(WriteContext& context, Time now) {
  context.live.promote_due(context.rows, now);
  jobs::QueueOverview overview;
  overview.types = context.live.types();
  overview.queues = context.live.queues();
  for (const auto& [user, control] : context.live.queue().user_controls()) {
    const auto running = static_cast<std::int64_t>(context.live.queue().running_of(user));
    overview.users.push_back({user, control, context.counts.pending_of(user), running});
  }
  std::sort(overview.users.begin(), overview.users.end(),
            [](const auto& a, const auto& b) { return a.user_id < b.user_id; });
  overview.backlog_max = context.backlog_max;
  return overview;
}

Result<jobs::Explanation> explain_job(WriteContext& context, const jobs::Scope& scope, JobId id, Time now) {
  context.live.promote_due(context.rows, now);
  auto job = find_in_scope(context, scope, id);
  if (!job) return not_found("Job");
  return jobs::explanation_of(std::move(*job), context.live.queue(), now);
}

std::optional<Error> backlog_refusal(WriteContext& context, const UserId& user, std::int64_t more) {
  if (user == jobs::system_owner) return std::nullopt;
  const std::int64_t cap = context.live.queue().user_control(user).backlog.value_or(context.backlog_max);
  if (cap == 0 || context.counts.pending_of(user) + more <= cap) return std::nullopt;
  return jobs::backlog_full(cap);
}

}  // namespace taskgate::sqlite
