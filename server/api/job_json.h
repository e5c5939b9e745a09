#pragma once

#include <string_view>

#include "base/json.h"
#include "jobs/job.h"

namespace taskgate::api {

// A job as on the wire, the fixed fields first. `owner_email` (may be empty) is added for admins.
void write_job(JsonWriter& json, const jobs::Job& job, std::string_view owner_email = {});
// The members of an object that is already begun, without its end, for callers that add to it.
void write_job_members(JsonWriter& json, const jobs::Job& job);

}  // namespace taskgate::api
