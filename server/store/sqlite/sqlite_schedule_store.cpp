#include "store/sqlite/sqlite_schedule_store.h"

#include "store/sqlite/job_execution.h"
#include "store/sqlite/schedule_commands.h"
#include "store/sqlite/schedule_rows.h"

// Each verb names its work first and awaits it then: a lambda inside a co_await expression is miscompiled by g++ 12.
namespace taskgate::sqlite {
namespace {

CommandTraits traits_of(const jobs::Schedule& schedule) {
  return {Isolation::savepoint, sizeof(jobs::Schedule) + schedule.job.data.size()};
}

}  // namespace

Awaitable<Result<void>> SqliteScheduleStore::create(jobs::Schedule schedule, std::size_t schedules_max) {
  auto work = [&schedule, schedules_max](WriteContext& context) {
    return create_schedule(context.database, schedule, schedules_max);
  };
  auto created = writer_.execute(work, traits_of(schedule));
  co_return co_await std::move(created);
}

Awaitable<Result<jobs::Schedule>> SqliteScheduleStore::update(jobs::Schedule schedule) {
  auto work = [&schedule](WriteContext& context) { return update_schedule(context.database, schedule); };
  auto updated = writer_.execute(work, traits_of(schedule));
  co_return co_await std::move(updated);
}

Awaitable<Result<void>> SqliteScheduleStore::remove(jobs::Scope scope, jobs::ScheduleId id) {
  auto work = [&scope, id](WriteContext& context) { return remove_schedule(context.database, scope, id); };
  const CommandTraits traits;
  auto removed = writer_.execute(work, traits);
  co_return co_await std::move(removed);
}

Awaitable<Result<jobs::Schedule>> SqliteScheduleStore::get(jobs::Scope scope, jobs::ScheduleId id) {
  auto read = [&scope, id](Database& database) { return get_schedule(database, scope, id); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<jobs::SchedulePage> SqliteScheduleStore::list(jobs::Scope scope, std::size_t limit,
                                                        std::optional<jobs::ScheduleId> before) {
  auto read = [&scope, limit, before](Database& database) { return list_schedules(database, scope, limit, before); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<jobs::DueSchedules> SqliteScheduleStore::due(std::size_t limit, Time now) {
  auto read = [limit, now](Database& database) { return due_schedules(database, limit, now); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<std::vector<jobs::Fired>> SqliteScheduleStore::fire(std::vector<jobs::Firing> firings, Time now) {
  auto work = [&firings, now](WriteContext& context) { return fire_schedules(context, firings, now); };
  std::size_t bytes = 0;
  for (const auto& firing : firings) bytes += sizeof(jobs::Firing) + (firing.job ? firing.job->data.size() : 0);
  const CommandTraits traits{Isolation::savepoint, bytes};
  auto fired = execute_on_jobs(writer_, jobs_, work, traits);
  co_return co_await std::move(fired);
}

}  // namespace taskgate::sqlite
