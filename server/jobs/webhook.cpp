#include "jobs/webhook.h"

#include <algorithm>
#include <boost/json/object.hpp>

#include "base/json.h"
#include "jobs/system_job.h"

namespace taskgate::jobs {
namespace {

constexpr std::chrono::seconds first_pause{5};

}  // namespace

std::string_view to_string(WebhookEvent event) {
  switch (event) {
    case WebhookEvent::completed:
      return "completed";
    case WebhookEvent::failed:
      return "failed";
    case WebhookEvent::cancelled:
      return "cancelled";
    case WebhookEvent::test:
      break;
  }
  return "test";
}

std::optional<WebhookEvent> parse_webhook_event(std::string_view text) {
  for (const auto event : {WebhookEvent::completed, WebhookEvent::failed, WebhookEvent::cancelled}) {
    if (to_string(event) == text) return event;
  }
  return std::nullopt;
}

std::optional<WebhookEvent> event_of(const Job& job) { return parse_webhook_event(to_string(job.status)); }

bool wants(const Webhook& webhook, const Job& ended) {
  const auto event = event_of(ended);
  if (!event || webhook.disabled_reason || (webhook.events & static_cast<std::uint8_t>(*event)) == 0) return false;
  if (webhook.type && *webhook.type != ended.type) return false;
  return !webhook.tag || std::find(ended.tags.begin(), ended.tags.end(), *webhook.tag) != ended.tags.end();
}

std::string delivery_tag(JobId webhook) { return "webhook:" + taskgate::to_string(webhook); }

std::string webhook_seal_context(JobId webhook) { return "webhook " + taskgate::to_string(webhook); }

Job webhook_job(JobId id, const WebhookDelivery& delivery, Time now) {
  JsonWriter data;
  data.begin_object().member("webhookId", taskgate::to_string(delivery.webhook));
  data.member("event", to_string(delivery.event));
  if (delivery.job) data.member("jobId", taskgate::to_string(*delivery.job));
  data.end_object();
  Job job;
  job.id = id;
  job.user_id = system_owner;
  job.type = webhook_type;
  job.queue = system_queue;
  job.data = data.take();
  job.tags = {delivery_tag(delivery.webhook)};
  if (delivery.event == WebhookEvent::test) {
    job.max_retries = 0;
  } else {
    job.terms.retry_until = now + webhook_tried_for;
    auto& backoff = job.terms.backoff.emplace();
    backoff.first = first_pause;
    backoff.longest = webhook_pause_longest;
  }
  job.created_at = job.updated_at = now;
  return job;
}

std::optional<WebhookDelivery> delivery_of(const Job& job) {
  if (job.user_id != system_owner || job.type != webhook_type) return std::nullopt;
  const auto parsed = parse_json(job.data);
  const auto* data = parsed ? parsed->if_object() : nullptr;
  if (data == nullptr) return std::nullopt;
  const auto text = [data](std::string_view key) -> std::string_view {
    const auto* value = data->if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
  };
  const auto webhook = parse_job_id(text("webhookId"));
  const auto about = parse_job_id(text("jobId"));
  auto event = parse_webhook_event(text("event"));
  if (text("event") == to_string(WebhookEvent::test)) event = WebhookEvent::test;
  if (!webhook || !event || (!about && *event != WebhookEvent::test)) return std::nullopt;
  return WebhookDelivery{*webhook, about, *event};
}

}  // namespace taskgate::jobs
