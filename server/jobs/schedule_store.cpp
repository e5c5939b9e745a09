#include "jobs/schedule_store.h"

#include <utility>

namespace taskgate::jobs {
namespace {

Error conflict(std::string reason, std::string message) {
  return {ErrorCode::conflict, std::move(reason), std::move(message), {}, std::nullopt};
}

}  // namespace

Error schedule_name_taken(ScheduleId holder) {
  return conflict("schedule_name_taken", "Schedule " + to_string(holder) + " has this name; change that one instead");
}

Error too_many_schedules(std::size_t schedules_max) {
  return conflict("too_many_schedules",
                  "There may be " + std::to_string(schedules_max) + " schedules; delete one first");
}

Error schedule_changed() {
  return conflict("schedule_changed", "The schedule was changed in the same moment; read it again");
}

}  // namespace taskgate::jobs
