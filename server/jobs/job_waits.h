#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "base/async.h"
#include "base/clock.h"
#include "base/principal.h"
#include "base/result.h"
#include "jobs/alarm.h"
#include "jobs/job_service.h"

namespace taskgate::jobs {

// One request that waits for a job. The handler makes it and tells it when the client has gone away.
class JobWait {
 public:
  // Nobody will read the answer. On the loop of the request.
  void abandon() {
    gone_ = true;
    if (alarm_) alarm_->ring();
  }

 private:
  friend class JobWaits;
  bool gone_ = false;
  boost::asio::any_io_executor loop_;
  std::shared_ptr<Alarm> alarm_;
};

// Lets requests wait until a job has finished. They are woken by the change itself; nobody asks the store meanwhile.
// Thread-safe; callable on any loop.
class JobWaits {
 public:
  static constexpr std::chrono::milliseconds wait_longest{30'000};
  static constexpr std::size_t waits_per_user_max = 100;

  // `alarms` null: the machine's timers.
  JobWaits(JobService& jobs, const Clock& clock, std::shared_ptr<AlarmSource> alarms = nullptr);
  ~JobWaits();

  // The job once it has finished, or as it stands after `at_most`; at once when the server stops. Errors: not_found, as
  // JobService::get; validation_failed (`waitMs`); too_many_requests `too_many_waits`.
  Awaitable<Result<Job>> wait(Principal caller, JobId id, std::chrono::milliseconds at_most,
                              std::shared_ptr<JobWait> wait);

  // The server is stopping: whoever waits is answered now, and nobody waits any more.
  void drain();

 private:
  class Room;
  class Place;
  JobService& jobs_;
  const Clock& clock_;
  std::shared_ptr<AlarmSource> alarms_;
  std::shared_ptr<Room> room_;
};

}  // namespace taskgate::jobs
