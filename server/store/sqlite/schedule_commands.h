#pragma once

#include <vector>

#include "jobs/firing.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// jobs::ScheduleStore::fire, as the writer applies it. Jobs that are cancelled for their successors are listed in
// `context.followed`.
[[nodiscard]] std::vector<jobs::Fired> fire_schedules(WriteContext& context, std::vector<jobs::Firing>& firings,
                                                      Time now);

}  // namespace taskgate::sqlite
