#pragma once

#include <string>

#include "jobs/job.h"

namespace taskgate::handlers {

// What a command or another server is told about the job it shall do:
// {"id":…,"type":…,"data":…,"attempt":…,"userId":…}, the data as it was submitted, digits and all.
[[nodiscard]] std::string job_body(const jobs::Job& job);

}  // namespace taskgate::handlers
