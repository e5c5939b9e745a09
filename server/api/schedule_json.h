#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "jobs/schedule_service.h"
#include "net/http.h"

namespace taskgate::api {

// A schedule to be made, as on the wire. Errors: as JsonBody::read; validation_failed, naming each member of the wrong
// type. Ranges are the service's to check.
[[nodiscard]] Result<jobs::NewSchedule> read_new_schedule(const net::Request& request);
// What is given of the same members; null takes a member of the job away. Errors: likewise.
[[nodiscard]] Result<jobs::ScheduleChange> read_schedule_change(const net::Request& request);

// {cron, timeZone?} or {everyMs}, and how many runs are asked for.
struct PreviewRequest {
  jobs::TimingRequest timing;
  std::size_t count = 5;
};
[[nodiscard]] Result<PreviewRequest> read_preview(const net::Request& request);

// The contract's Schedule, as one JSON object. `user_email` is left out when empty.
void write_schedule(JsonWriter& json, const jobs::ScheduleView& view, std::string_view user_email = {});
void write_runs(JsonWriter& json, const std::vector<Time>& runs);

}  // namespace taskgate::api
