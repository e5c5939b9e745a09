#include "jobs/webhook_store.h"

#include <fmt/format.h>

namespace taskgate::jobs {

Error too_many_webhooks(std::size_t webhooks_max) {
  return {ErrorCode::conflict,
          "too_many_webhooks",
          fmt::format("There are {} webhooks already; delete one first", webhooks_max),
          {},
          std::nullopt};
}

void apply(const WebhookChange& change, Webhook& webhook, Time now) {
  webhook.updated_at = now;
  if (change.url) webhook.url = *change.url;
  if (change.events) webhook.events = *change.events;
  if (change.type) webhook.type = *change.type;
  if (change.tag) webhook.tag = *change.tag;
  if (!change.enabled) return;
  if (*change.enabled) {
    webhook.failures = 0;
    webhook.disabled_reason.reset();
    webhook.disabled_at.reset();
  } else if (!webhook.disabled_reason) {
    webhook.disabled_reason = "Switched off by its owner";
    webhook.disabled_at = now;
  }
}

bool apply(const DeliveryNote& note, Webhook& webhook, Time now) {
  if (note.arrived && webhook.failures == 0) return false;
  webhook.updated_at = now;
  webhook.failures = note.arrived ? 0 : webhook.failures + 1;
  if (!note.arrived && webhook.failures >= note.failures_max && !webhook.disabled_reason) {
    webhook.disabled_reason = note.reason;
    webhook.disabled_at = now;
  }
  return true;
}

}  // namespace taskgate::jobs
