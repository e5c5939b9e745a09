#include "jobs/queue_service.h"

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "jobs/job_type.h"

namespace taskgate::jobs {
namespace {

constexpr std::int64_t concurrency_max = 1'000'000;
constexpr std::int64_t starts_max = 1'000'000;
constexpr std::chrono::milliseconds window_max = std::chrono::hours{24};
constexpr double weight_min = 0.01;
constexpr double weight_max = 100;
constexpr std::int64_t backlog_max = 1'000'000'000;
constexpr std::size_t queue_length_max = 64;

Error admin_only() { return {ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, std::nullopt}; }

class Faults {
 public:
  void range(const char* field, const Change<std::int64_t>& change, std::int64_t least, std::int64_t most) {
    if (!change || !*change) return;
    if (**change < least || **change > most) add(field, std::to_string(least), std::to_string(most));
  }
  void rate(const Change<StartRate>& change) {
    if (!change || !*change) return;
    const StartRate& rate = **change;
    if (rate.starts < 1 || rate.starts > starts_max) add("rate.starts", "1", std::to_string(starts_max));
    if (rate.window.count() < 1 || rate.window > window_max) {
      add("rate.windowMs", "1", std::to_string(window_max.count()));
    }
  }
  void weight(const std::optional<double>& weight) {
    if (weight && !(*weight >= weight_min && *weight <= weight_max)) add("weight", "0.01", "100");
  }
  [[nodiscard]] std::optional<Error> take() {
    if (faults_.empty()) return std::nullopt;
    return validation_failed(std::move(faults_));
  }

 private:
  void add(const std::string& field, const std::string& least, const std::string& most) {
    faults_.push_back({field, field + " must be between " + least + " and " + most});
  }
  std::vector<FieldError> faults_;
};

std::string plural(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

Awaitable<Result<QueueOverview>> QueueService::overview(Principal caller) {
  if (!caller.is_admin()) co_return admin_only();
  co_return co_await store_.queue_overview(clock_.now());
}

Awaitable<Result<TypeControl>> QueueService::control_type(Principal caller, std::string type,
                                                          TypeControlChange change) {
  if (!caller.is_admin()) co_return admin_only();
  auto name = normalize_job_type(type);
  if (!name) co_return name.error();
  Faults faults;
  faults.range("concurrency", change.concurrency, 1, concurrency_max);
  faults.range("concurrencyPerUser", change.concurrency_per_user, 1, concurrency_max);
  faults.rate(change.rate);
  if (auto error = faults.take()) co_return *error;
  const auto control = co_await store_.control_type(std::move(*name), std::move(change), clock_.now());
  jobs_.work_available();
  co_return control;
}

Awaitable<Result<QueueControl>> QueueService::control_queue(Principal caller, std::string queue,
                                                            QueueControlChange change) {
  if (!caller.is_admin()) co_return admin_only();
  const auto length = printable_length(queue);
  if (!length || *length < 1 || *length > queue_length_max) {
    co_return validation_failed("queue", "The queue must have 1 to 64 printable characters");
  }
  const auto control = co_await store_.control_queue(std::move(queue), std::move(change), clock_.now());
  jobs_.work_available();
  co_return control;
}

Awaitable<Result<UserControl>> QueueService::control_user(Principal caller, UserId user, UserControlChange change) {
  if (!caller.is_admin()) co_return admin_only();
  Faults faults;
  faults.range("concurrency", change.concurrency, 1, concurrency_max);
  faults.range("backlog", change.backlog, 0, backlog_max);
  faults.weight(change.weight);
  if (auto error = faults.take()) co_return *error;
  const auto control = co_await store_.control_user(user, std::move(change), clock_.now());
  jobs_.work_available();
  co_return control;
}

Awaitable<Result<std::vector<KnownType>>> QueueService::types(Principal caller, bool everybody) {
  if (everybody && !caller.is_admin()) co_return admin_only();
  const Scope scope = everybody ? Scope{} : Scope{caller.user_id};
  auto names = co_await store_.types(scope);
  std::map<std::string, LiveFigures> live;
  if (everybody) {
    const auto overview = co_await store_.queue_overview(clock_.now());
    for (const auto& each : overview.types) live.emplace(each.type, each.live);
  }
  std::vector<KnownType> types;
  types.reserve(names.size());
  for (auto& name : names) {
    KnownType known;
    known.served = workers_.serves(caller.user_id, name);
    if (everybody) known.live = live[name];
    known.type = std::move(name);
    types.push_back(std::move(known));
  }
  co_return types;
}

Awaitable<Result<Explanation>> QueueService::explain(Principal caller, JobId id) {
  Scope scope;
  if (!caller.is_admin()) scope.user = caller.user_id;
  auto explanation = co_await store_.explain(scope, id, clock_.now());
  if (!explanation) co_return explanation.error();
  // Waiting for a slot, for a start or for its turn is in vain while nobody is there to take it.
  const bool waits_for_worker = explanation->reason > StandingReason::no_worker;
  if (waits_for_worker && !workers_.serves(explanation->job.user_id, explanation->job.type)) {
    Explanation no_worker;
    no_worker.reason = StandingReason::no_worker;
    no_worker.job = std::move(explanation->job);
    co_return no_worker;
  }
  co_return explanation;
}

std::string describe(const Explanation& explanation) {
  const std::int64_t count = explanation.count.value_or(0);
  const std::int64_t limit = explanation.limit.value_or(0);
  const std::string at = explanation.until ? to_iso8601(*explanation.until) : "";
  switch (explanation.reason) {
    case StandingReason::finished:
      return "The job has finished: it is " + std::string(to_string(explanation.job.status));
    case StandingReason::running:
      return "The job is running";
    case StandingReason::delayed:
      return "The job waits for its time, " + at;
    case StandingReason::dependency:
      return "The job waits for " + plural(count, "other job", "other jobs") + " to complete";
    case StandingReason::paused:
      return explanation.queue_is_paused ? "The queue \"" + explanation.job.queue + "\" is paused"
                                         : "The type \"" + explanation.job.type + "\" is paused";
    case StandingReason::no_worker:
      return "No worker takes jobs of the type \"" + explanation.job.type + "\" now";
    case StandingReason::type_limit:
      return "As many jobs of the type \"" + explanation.job.type + "\" run as may: " + std::to_string(limit);
    case StandingReason::user_limit:
      return "As many jobs of its owner run as may: " + std::to_string(limit);
    case StandingReason::rate_limit:
      return "The next job of the type \"" + explanation.job.type + "\" may start at " + at;
    case StandingReason::behind:
      return count == 0 ? "The job is the next of its type to start"
                        : plural(count, "job", "jobs") + " of the type \"" + explanation.job.type +
                              (count == 1 ? "\" goes first" : "\" go first");
  }
  return "";
}

}  // namespace taskgate::jobs
