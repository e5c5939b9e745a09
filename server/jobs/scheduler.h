#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "base/async.h"
#include "base/clock.h"
#include "jobs/alarm.h"
#include "jobs/job_service.h"
#include "jobs/schedule_service.h"
#include "jobs/schedule_store.h"

namespace taskgate::jobs {

struct SchedulerOptions {
  JobOptions job = {};
  // Whether jobs of this user may be made now; empty: always. When not, the slot is left out.
  std::function<Awaitable<bool>(UserId)> owner_may_run;
  // What waits wait on; null: the machine's timers.
  std::shared_ptr<AlarmSource> alarms;
};

// Makes the jobs of schedules when their slots come, each slot once: it names the slot to the store, which makes the
// job and moves the schedule on in one change, or finds that somebody else has done it.
//
// It sleeps until the earliest slot the store knows, or until a schedule is made or changed; an idle store is left
// alone. A clock that is set is noticed within a minute; one that is set back fires nothing again, for a schedule only
// ever moves on. A broken store is tried again; slots that come meanwhile are dealt with afterwards, by the
// missed-fire policy when they are late.
class Scheduler {
 public:
  Scheduler(boost::asio::any_io_executor loop, ScheduleStore& store, ScheduleService& service, JobService& jobs,
            const Clock& clock, IdGenerator& ids, SchedulerOptions options = {});
  ~Scheduler();

  void start();
  // Fires no more. Awaitable from any loop; then the scheduler may be destroyed.
  Awaitable<void> stop();

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace taskgate::jobs
