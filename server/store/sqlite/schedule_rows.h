#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "jobs/schedule_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// The statements on schedules. Reads work on any connection, changes inside the writer's transaction.

[[nodiscard]] std::optional<jobs::Schedule> find_schedule(Database& database, jobs::ScheduleId id);
[[nodiscard]] Result<jobs::Schedule> get_schedule(Database& database, const jobs::Scope& scope, jobs::ScheduleId id);
[[nodiscard]] jobs::SchedulePage list_schedules(Database& database, const jobs::Scope& scope, std::size_t limit,
                                                std::optional<jobs::ScheduleId> before);
[[nodiscard]] jobs::DueSchedules due_schedules(Database& database, std::size_t limit, Time now);

[[nodiscard]] Result<void> create_schedule(Database& database, const jobs::Schedule& schedule,
                                           std::size_t schedules_max);
[[nodiscard]] Result<jobs::Schedule> update_schedule(Database& database, jobs::Schedule schedule);
[[nodiscard]] Result<void> remove_schedule(Database& database, const jobs::Scope& scope, jobs::ScheduleId id);
// Stores what a firing changes.
void store_step(Database& database, const jobs::Schedule& schedule);

}  // namespace taskgate::sqlite
