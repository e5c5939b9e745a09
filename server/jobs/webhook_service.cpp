#include "jobs/webhook_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "jobs/job_type.h"
#include "jobs/system_job.h"

namespace taskgate::jobs {
namespace {

constexpr std::size_t type_length_max = 128;
constexpr std::size_t tag_length_max = 64;
constexpr std::size_t page_largest = 1'000;

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// A type or a tag that a job could have.
std::optional<FieldError> fault_of(const char* field, const std::optional<std::string>& text, std::size_t length_max) {
  if (!text) return std::nullopt;
  const auto length = printable_length(*text);
  if (length && *length >= 1 && *length <= length_max) return std::nullopt;
  return FieldError{field, fmt::format("{} must have 1 to {} printable characters", field, length_max)};
}

}  // namespace

WebhookService::WebhookService(WebhookStore& store, JobStore& queue, JobService& jobs, const Sealer& sealer,
                               const Clock& clock, IdGenerator& ids, WebhookOptions options)
    : store_(store),
      queue_(queue),
      jobs_(jobs),
      sealer_(sealer),
      clock_(clock),
      ids_(ids),
      options_(std::move(options)) {}

std::vector<FieldError> WebhookService::faults_of(const WebhookChange& change) const {
  std::vector<FieldError> faults;
  if (change.url) {
    std::optional<std::string> complaint;
    if (change.url->empty()) {
      complaint = "is required";
    } else if (change.url->size() > options_.url_length_max) {
      complaint = fmt::format("must have at most {} characters", options_.url_length_max);
    } else if (!is_printable_ascii(*change.url)) {
      complaint = "must be written in ASCII without blanks (percent-encoded)";
    } else if (options_.url_complaint) {
      complaint = options_.url_complaint(*change.url);
    }
    if (complaint) faults.push_back({"url", "url " + *complaint});
  }
  if (change.events && (*change.events == 0 || (*change.events & ~all_webhook_events) != 0)) {
    faults.push_back({"events", "events must list at least one of completed, failed, cancelled"});
  }
  if (change.type) {
    if (auto fault = fault_of("type", *change.type, type_length_max)) faults.push_back(std::move(*fault));
  }
  if (change.tag) {
    if (auto fault = fault_of("tag", *change.tag, tag_length_max)) faults.push_back(std::move(*fault));
  }
  return faults;
}

Awaitable<Result<CreatedWebhook>> WebhookService::create(Principal caller, NewWebhook wanted) {
  const Time now = clock_.now();
  WebhookChange whole;
  whole.url = wanted.url;
  whole.events = wanted.events;
  whole.type = wanted.type;
  whole.tag = wanted.tag;
  if (auto faults = faults_of(whole); !faults.empty()) co_return validation_failed(std::move(faults));
  CreatedWebhook created;
  created.secret = "whsec_" + random_token();
  Webhook& webhook = created.webhook;
  webhook.id = ids_.next_job_id(now);
  webhook.user_id = caller.user_id;
  webhook.url = std::move(wanted.url);
  webhook.events = wanted.events;
  webhook.type = std::move(wanted.type);
  webhook.tag = std::move(wanted.tag);
  webhook.sealed_secret = sealer_.seal(created.secret, webhook_seal_context(webhook.id));
  webhook.created_at = webhook.updated_at = now;
  const auto stored = co_await store_.create_webhook(webhook, options_.webhooks_per_user_max);
  if (!stored) co_return stored.error();
  co_return created;
}

Awaitable<std::vector<Webhook>> WebhookService::list(Principal caller) {
  co_return co_await store_.list_webhooks(caller.user_id);
}

Awaitable<Result<Webhook>> WebhookService::get(Principal caller, JobId id) {
  co_return co_await store_.find_webhook(caller.user_id, id);
}

Awaitable<Result<Webhook>> WebhookService::change(Principal caller, JobId id, WebhookChange change) {
  if (auto faults = faults_of(change); !faults.empty()) co_return validation_failed(std::move(faults));
  co_return co_await store_.change_webhook(caller.user_id, id, std::move(change), clock_.now());
}

Awaitable<Result<void>> WebhookService::remove(Principal caller, JobId id) {
  const bool removed = co_await store_.delete_webhook(caller.user_id, id);
  if (!removed) co_return not_found("Webhook");
  co_return Result<void>{};
}

Awaitable<Result<Job>> WebhookService::test(Principal caller, JobId id) {
  const auto webhook = co_await store_.find_webhook(caller.user_id, id);
  if (!webhook) co_return webhook.error();
  const Time now = clock_.now();
  const WebhookDelivery delivery{id, std::nullopt, WebhookEvent::test};
  Job job = webhook_job(ids_.next_job_id(now), delivery, now);
  std::vector<Job> one;
  one.push_back(job);
  const auto stored = co_await queue_.submit(std::move(one), now);
  if (!stored) co_return stored.error();
  jobs_.job_changed(job);
  jobs_.work_available();
  co_return job;
}

Awaitable<Result<JobPage>> WebhookService::deliveries(Principal caller, JobId id, std::size_t limit,
                                                      std::optional<JobId> before) {
  const auto webhook = co_await store_.find_webhook(caller.user_id, id);
  if (!webhook) co_return webhook.error();
  const Scope scope{system_owner};
  JobFilter filter;
  filter.type = std::string(webhook_type);
  filter.tag = delivery_tag(id);
  co_return co_await queue_.list(scope, std::move(filter), std::clamp<std::size_t>(limit, 1, page_largest), before);
}

}  // namespace taskgate::jobs
