#include "jobs/queue_control.h"

namespace taskgate::jobs {
namespace {

template <class Value, class New>
void assign(Value& value, const std::optional<New>& change) {
  if (change) value = *change;
}

}  // namespace

TypeControl changed(TypeControl control, const TypeControlChange& change) {
  assign(control.paused, change.paused);
  assign(control.concurrency, change.concurrency);
  assign(control.concurrency_per_user, change.concurrency_per_user);
  assign(control.rate, change.rate);
  return control;
}

QueueControl changed(QueueControl control, const QueueControlChange& change) {
  assign(control.paused, change.paused);
  return control;
}

UserControl changed(UserControl control, const UserControlChange& change) {
  assign(control.concurrency, change.concurrency);
  assign(control.weight, change.weight);
  assign(control.backlog, change.backlog);
  return control;
}

Error backlog_full(std::int64_t cap) {
  constexpr std::chrono::seconds soon{5};
  return {ErrorCode::too_many_requests,
          "backlog_full",
          "You may have " + std::to_string(cap) +
              " waiting jobs, and so many wait: submit again when some of them have started",
          {},
          soon};
}

std::string_view to_string(StandingReason reason) {
  switch (reason) {
    case StandingReason::finished:
      return "finished";
    case StandingReason::running:
      return "running";
    case StandingReason::delayed:
      return "delayed";
    case StandingReason::dependency:
      return "dependency";
    case StandingReason::paused:
      return "paused";
    case StandingReason::no_worker:
      return "no_worker";
    case StandingReason::type_limit:
      return "type_limit";
    case StandingReason::user_limit:
      return "user_limit";
    case StandingReason::rate_limit:
      return "rate_limit";
    case StandingReason::behind:
      return "behind";
  }
  return "";
}

}  // namespace taskgate::jobs
