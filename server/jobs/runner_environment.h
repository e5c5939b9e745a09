#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "jobs/alarm.h"
#include "jobs/job_runner.h"
#include "jobs/job_service.h"
#include "jobs/job_store.h"
#include "jobs/running_attempt.h"

namespace taskgate::jobs {

// What the runner and its parts work with. `options` is complete: nothing in it is empty.
struct RunnerEnvironment {
  boost::asio::any_io_executor loop;
  JobStore& store;
  JobService& service;
  const Clock& clock;
  RunnerOptions options;

  [[nodiscard]] std::shared_ptr<Alarm> make_alarm() const { return options.alarms->make_alarm(loop); }
};

// The attempts whose handlers run, by job and fence: a job whose lease was lost may run again beside its first attempt.
using RunningSet = std::map<std::pair<JobId, std::int64_t>, std::shared_ptr<RunningAttempt>>;

}  // namespace taskgate::jobs
