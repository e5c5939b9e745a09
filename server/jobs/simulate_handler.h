#pragma once

#include <memory>

#include "jobs/job_handler.h"

namespace taskgate::jobs {

// Stands in for types that nobody handles, in development: takes 2 s for the type "Fast Task" and 5 s otherwise
// (divided by `speed`), reports progress every tenth, then succeeds with {"simulated":true,"type":…,"durationMs":…}.
// `data.shouldFail: true` fails every attempt ("Simulated permanent failure"), `data.failOnce: true` the first one
// ("Simulated failure of the first attempt"), each half way through.
[[nodiscard]] std::shared_ptr<JobHandler> make_simulate_handler(double speed);

}  // namespace taskgate::jobs
