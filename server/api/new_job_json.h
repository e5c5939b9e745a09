#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "base/result.h"
#include "jobs/new_job.h"

namespace taskgate::api {

// A job to be submitted, as on the wire. `text` is the text `fields` was parsed from: the job's data is taken from it
// as it stands. Absent and null members are not given; others that are not known are ignored. Costs one step per member
// that is there. Errors: validation_failed, naming each member of the wrong type. Ranges are the service's to check.
[[nodiscard]] Result<jobs::NewJob> read_new_job(const boost::json::object& fields, std::string_view text);

// {priority?, runAt?}; null as runAt means at once. Errors: validation_failed, also when there is neither.
[[nodiscard]] Result<jobs::JobChange> read_job_change(const boost::json::object& fields);

}  // namespace taskgate::api
