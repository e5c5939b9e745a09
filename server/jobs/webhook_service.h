#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto_sealing.h"
#include "base/principal.h"
#include "jobs/job_service.h"
#include "jobs/webhook_store.h"

namespace taskgate::jobs {

struct WebhookOptions {
  std::size_t webhooks_per_user_max = 20;
  std::size_t url_length_max = 2'048;
  // What is wrong with a URL to post to ("must …"); nothing when it may be called.
  std::function<std::optional<std::string>(const std::string&)> url_complaint;
};

// What a client asks for.
struct NewWebhook {
  std::string url;
  std::uint8_t events = all_webhook_events;
  std::optional<std::string> type = {};
  std::optional<std::string> tag = {};
};

struct CreatedWebhook {
  Webhook webhook;
  std::string secret;  // the only time that it is given
};

// The rules about webhooks, for those who own them; nobody else reaches them. Thread-safe; callable on any loop.
class WebhookService {
 public:
  WebhookService(WebhookStore& store, JobStore& queue, JobService& jobs, const Sealer& sealer, const Clock& clock,
                 IdGenerator& ids, WebhookOptions options);

  // Errors: validation_failed (`url`, `events`, `type`, `tag`); conflict `too_many_webhooks`.
  Awaitable<Result<CreatedWebhook>> create(Principal caller, NewWebhook wanted);
  Awaitable<std::vector<Webhook>> list(Principal caller);      // the newest first
  Awaitable<Result<Webhook>> get(Principal caller, JobId id);  // Errors: not_found
  // Errors: validation_failed; not_found.
  Awaitable<Result<Webhook>> change(Principal caller, JobId id, WebhookChange change);
  Awaitable<Result<void>> remove(Principal caller, JobId id);  // Errors: not_found
  // Makes a delivery that tells of nothing, also while the webhook is disabled; it is tried once. Errors: not_found.
  Awaitable<Result<Job>> test(Principal caller, JobId id);
  // The jobs of its deliveries, the newest first, as long as they are kept (retention.h). Errors: not_found.
  Awaitable<Result<JobPage>> deliveries(Principal caller, JobId id, std::size_t limit, std::optional<JobId> before);

 private:
  [[nodiscard]] std::vector<FieldError> faults_of(const WebhookChange& change) const;

  WebhookStore& store_;
  JobStore& queue_;
  JobService& jobs_;
  const Sealer& sealer_;
  const Clock& clock_;
  IdGenerator& ids_;
  WebhookOptions options_;
};

}  // namespace taskgate::jobs
