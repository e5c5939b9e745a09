#include "jobs/schedule.h"

namespace taskgate::jobs {

std::string to_string(ScheduleId id) { return to_string(JobId{id.value}); }

std::optional<ScheduleId> parse_schedule_id(std::string_view text) {
  const auto id = parse_job_id(text);
  if (!id) return std::nullopt;
  return ScheduleId{id->value};
}

std::string_view to_string(MissedFire policy) { return policy == MissedFire::skip ? "skip" : "once"; }

std::string_view to_string(Overlap policy) {
  switch (policy) {
    case Overlap::skip:
      return "skip";
    case Overlap::allow:
      return "allow";
    case Overlap::replace:
      return "replace";
  }
  return "";
}

std::string_view to_string(SkipReason reason) {
  switch (reason) {
    case SkipReason::overlap:
      return "overlap";
    case SkipReason::missed:
      return "missed";
    case SkipReason::refused:
      return "refused";
    case SkipReason::account_disabled:
      return "account_disabled";
  }
  return "";
}

}  // namespace taskgate::jobs
