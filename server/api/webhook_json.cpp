#include "api/webhook_json.h"

#include <array>
#include <boost/json/array.hpp>

#include "api/json_body.h"

namespace taskgate::api {
namespace {

using jobs::WebhookEvent;

constexpr std::array events = {WebhookEvent::completed, WebhookEvent::failed, WebhookEvent::cancelled};

class WebhookReader {
 public:
  explicit WebhookReader(JsonBody& body) : body_(body) {}

  jobs::WebhookChange read() {
    jobs::WebhookChange change;
    change.url = body_.string("url");
    change.events = read_events();
    if (body_.fields().contains("type")) change.type = body_.string("type");
    if (body_.fields().contains("tag")) change.tag = body_.string("tag");
    change.enabled = read_enabled();
    return change;
  }
  // To be asked when everything has been read.
  std::optional<Error> failure() {
    if (const auto wrong = body_.failure()) faults_.insert(faults_.end(), wrong->fields.begin(), wrong->fields.end());
    if (faults_.empty()) return std::nullopt;
    return validation_failed(std::move(faults_));
  }

 private:
  std::optional<std::uint8_t> read_events() {
    const auto* given = body_.fields().if_contains("events");
    if (given == nullptr || given->is_null()) return std::nullopt;
    const auto* names = given->if_array();
    unsigned bits = 0;
    bool known = names != nullptr;
    for (std::size_t at = 0; known && at < names->size(); ++at) {
      const auto* name = (*names)[at].if_string();
      const auto event = name == nullptr ? std::nullopt : jobs::parse_webhook_event(std::string_view(*name));
      known = event.has_value();
      if (event) bits |= static_cast<unsigned>(*event);
    }
    if (!known) faults_.push_back({"events", "events must be a list of completed, failed, cancelled"});
    return static_cast<std::uint8_t>(bits);
  }
  std::optional<bool> read_enabled() {
    const auto* value = body_.fields().if_contains("enabled");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    faults_.push_back({"enabled", "enabled must be true or false"});
    return std::nullopt;
  }

  JsonBody& body_;
  std::vector<FieldError> faults_;
};

std::string_view delivery_status(jobs::JobStatus status) {
  switch (status) {
    case jobs::JobStatus::pending:
      return "waiting";
    case jobs::JobStatus::processing:
      return "sending";
    case jobs::JobStatus::completed:
      return "delivered";
    case jobs::JobStatus::failed:
    case jobs::JobStatus::cancelled:
      break;
  }
  return "given_up";
}

void write_time(JsonWriter& json, std::string_view name, const std::optional<Time>& time) {
  if (time) json.member(name, to_iso8601(*time));
}

}  // namespace

Result<jobs::WebhookChange> read_webhook_change(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  WebhookReader reader(*body);
  auto change = reader.read();
  if (auto failure = reader.failure()) return std::move(*failure);
  return change;
}

Result<jobs::NewWebhook> read_new_webhook(const net::Request& request) {
  auto given = read_webhook_change(request);
  if (!given) return given.error();
  jobs::NewWebhook wanted;
  wanted.url = given->url.value_or("");
  wanted.events = given->events.value_or(wanted.events);
  wanted.type = given->type.value_or(std::nullopt);
  wanted.tag = given->tag.value_or(std::nullopt);
  return wanted;
}

void write_webhook(JsonWriter& json, const jobs::Webhook& webhook, std::string_view secret) {
  json.begin_object().member("id", to_string(webhook.id)).member("userId", to_string(webhook.user_id));
  json.member("url", webhook.url).key("events").begin_array();
  for (const auto event : events) {
    if ((webhook.events & static_cast<std::uint8_t>(event)) != 0) json.string(jobs::to_string(event));
  }
  json.end_array();
  if (webhook.type) json.member("type", *webhook.type);
  if (webhook.tag) json.member("tag", *webhook.tag);
  json.member("enabled", !webhook.disabled_reason.has_value());
  if (webhook.disabled_reason) json.member("disabledReason", *webhook.disabled_reason);
  write_time(json, "disabledAt", webhook.disabled_at);
  json.member("failures", webhook.failures);
  json.member("createdAt", to_iso8601(webhook.created_at)).member("updatedAt", to_iso8601(webhook.updated_at));
  if (!secret.empty()) json.member("secret", secret);
  json.end_object();
}

void write_delivery(JsonWriter& json, const jobs::Job& job) {
  json.begin_object().member("id", to_string(job.id));
  if (const auto what = jobs::delivery_of(job)) {
    json.member("event", jobs::to_string(what->event));
    if (what->job) json.member("jobId", to_string(*what->job));
  }
  json.member("status", delivery_status(job.status)).member("attempts", job.attempts);
  if (job.error) json.member("error", *job.error);
  json.member("createdAt", to_iso8601(job.created_at)).member("updatedAt", to_iso8601(job.updated_at));
  write_time(json, "nextAttemptAt", job.run_at);
  write_time(json, "endedAt", job.completed_at);
  json.end_object();
}

}  // namespace taskgate::api
