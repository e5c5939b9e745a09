#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto_sealing.h"
#include "base/worker_pool.h"
#include "handlers/http_post.h"
#include "jobs/job_handler.h"
#include "jobs/webhook_store.h"

namespace taskgate::app {

// How many webhooks are called at the same time.
inline constexpr std::size_t webhooks_at_once = 8;
// Of one call.
inline constexpr std::chrono::milliseconds webhook_timeout{10'000};
// A body is at most so large: of a job that would make it larger, data and then result are left out.
inline constexpr std::size_t webhook_body_bytes_max = 256 * 1024;
// So many deliveries given up in a row disable a webhook.
inline constexpr int webhook_failures_max = 10;

// What the delivery to webhooks works with; all of it outlives the handler.
struct WebhookParts {
  jobs::WebhookStore& webhooks;
  jobs::JobStore& jobs;
  WorkerPool& pool;  // blocked by the exchanges: a thread for each
  const Sealer& sealer;
  const Clock& clock;
  std::function<Awaitable<bool>(UserId)> owner_is_enabled;  // nothing is told of jobs of an account that is not
  bool allow_private = false;                               // see handlers/address_rules.h
  std::vector<std::string> resolve = {};                    // see HttpPost
};

// Runs the deliveries: posts what ended to the webhook's address, signed. 2xx: delivered. 408, 425, 429, 5xx and no
// answer: tried again, as the job says. Anything else, redirects and refused addresses among them: given up, as is what
// has been tried for a day. 410 disables the webhook at once.
[[nodiscard]] jobs::HandlerRegistration webhook_handler(WebhookParts parts);

// The body of a delivery: {"deliveryId","webhookId","event","at","jobId","job"}; see docs/webhooks.md. `about` is
// nothing when the job is not kept any more, and of a test.
[[nodiscard]] std::string webhook_body(const jobs::Job& delivery, const jobs::WebhookDelivery& what,
                                       std::optional<jobs::Job> about);

}  // namespace taskgate::app
