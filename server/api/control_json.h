#pragma once

#include "api/json_body.h"
#include "base/json.h"
#include "base/result.h"
#include "jobs/queue_control.h"

namespace taskgate::api {

// Controls as on the wire. A limit that is not set is null; in a request a member that is absent stays as it is.
void write_control(JsonWriter& json, const jobs::TypeControl& control);
void write_control(JsonWriter& json, const jobs::QueueControl& control);
void write_control(JsonWriter& json, const jobs::UserControl& control);

// Errors: validation_failed, naming each member of the wrong type.
[[nodiscard]] Result<jobs::TypeControlChange> read_type_control(const JsonBody& body);
[[nodiscard]] Result<jobs::QueueControlChange> read_queue_control(const JsonBody& body);
[[nodiscard]] Result<jobs::UserControlChange> read_user_control(const JsonBody& body);

}  // namespace taskgate::api
