#pragma once

#include "jobs/schedule_store.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {

// jobs::ScheduleStore on SQLite: changes go to the writer, questions to the readers. What a firing does to other jobs
// is told through `jobs`.
class SqliteScheduleStore final : public jobs::ScheduleStore {
 public:
  SqliteScheduleStore(Writer& writer, Readers& readers, jobs::JobStore& jobs)
      : writer_(writer), readers_(readers), jobs_(jobs) {}

  Awaitable<Result<void>> create(jobs::Schedule schedule, std::size_t schedules_max) override;
  Awaitable<Result<jobs::Schedule>> update(jobs::Schedule schedule) override;
  Awaitable<Result<void>> remove(jobs::Scope scope, jobs::ScheduleId id) override;
  Awaitable<Result<jobs::Schedule>> get(jobs::Scope scope, jobs::ScheduleId id) override;
  Awaitable<jobs::SchedulePage> list(jobs::Scope scope, std::size_t limit,
                                     std::optional<jobs::ScheduleId> before) override;
  Awaitable<jobs::DueSchedules> due(std::size_t limit, Time now) override;
  Awaitable<std::vector<jobs::Fired>> fire(std::vector<jobs::Firing> firings, Time now) override;

 private:
  Writer& writer_;
  Readers& readers_;
  jobs::JobStore& jobs_;
};

}  // namespace taskgate::sqlite
