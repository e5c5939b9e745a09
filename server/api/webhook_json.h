#pragma once

#include <string_view>

#include "base/json.h"
#include "jobs/webhook_service.h"
#include "net/http.h"

namespace taskgate::api {

// The bodies of POST /api/webhooks and PATCH /api/webhooks/:id. Errors: as JsonBody; validation_failed for fields of
// the wrong kind. What they say is for the service to judge.
[[nodiscard]] Result<jobs::NewWebhook> read_new_webhook(const net::Request& request);
[[nodiscard]] Result<jobs::WebhookChange> read_webhook_change(const net::Request& request);

// A webhook as on the wire; `secret` (may be empty) only when it was just made.
void write_webhook(JsonWriter& json, const jobs::Webhook& webhook, std::string_view secret = {});
// A delivery, from its job.
void write_delivery(JsonWriter& json, const jobs::Job& job);

}  // namespace taskgate::api
