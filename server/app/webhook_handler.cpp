#include "app/webhook_handler.h"

#include <fmt/format.h>

#include <utility>

#include "api/job_json.h"
#include "app/webhook_turns.h"
#include "base/log.h"
#include "handlers/request_signature.h"
#include "handlers/text.h"

namespace taskgate::app {
namespace {

using handlers::HttpAnswer;
using handlers::HttpPost;
using jobs::FailedAttempt;
using jobs::HandlerOutcome;
using jobs::Webhook;
using jobs::WebhookDelivery;

constexpr int gone = 410;
constexpr std::size_t answer_bytes_max = 16 * 1024;
constexpr std::chrono::milliseconds retry_after_max = std::chrono::hours{1};

bool is_success(const HttpAnswer& answer) { return answer.status >= 200 && answer.status < 300; }

bool is_retryable(const HttpAnswer& answer) {
  const int status = answer.status;
  if (answer.address_refused) return false;
  return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

// Without what was answered: it may come from a place that the webhook's owner could not read by himself.
std::string describe(const HttpAnswer& answer) {
  if (answer.address_refused) {
    return "The address is not public (loopback, private, link-local or reserved); WEBHOOKS_ALLOW_PRIVATE permits it";
  }
  if (answer.status == 0) return "No answer: " + handlers::clean_text(answer.error);
  const bool redirects = answer.status >= 300 && answer.status < 400;
  return fmt::format("HTTP {}{}", answer.status, redirects ? ": redirects are not followed" : "");
}

std::string write_body(const jobs::Job& delivery, const WebhookDelivery& what, const std::optional<jobs::Job>& about,
                       const std::vector<std::string_view>& omitted) {
  JsonWriter json;
  json.begin_object().member("deliveryId", to_string(delivery.id)).member("webhookId", to_string(what.webhook));
  json.member("event", jobs::to_string(what.event)).member("at", to_iso8601(delivery.created_at));
  if (what.job) json.member("jobId", to_string(*what.job));
  json.key("job");
  if (about) {
    api::write_job(json, *about);
  } else {
    json.null();
  }
  if (!omitted.empty()) {
    json.key("omitted").begin_array();
    for (const auto name : omitted) json.string(name);
    json.end_array();
  }
  json.end_object();
  return json.take();
}

class WebhookHandler final : public jobs::JobHandler {
 public:
  explicit WebhookHandler(WebhookParts parts) : parts_(std::move(parts)) {}

  Awaitable<HandlerOutcome> run(std::shared_ptr<jobs::JobContext> context) override {
    const auto what = jobs::delivery_of(context->job());
    if (!what) co_return give_up("This is not a delivery to a webhook");
    const auto webhook = co_await parts_.webhooks.find_webhook(std::nullopt, what->webhook);
    if (!webhook) co_return give_up("The webhook was deleted");
    const bool is_test = what->event == jobs::WebhookEvent::test;
    if (webhook->disabled_reason && !is_test)
      co_return give_up("The webhook is disabled: " + *webhook->disabled_reason);
    const bool is_told = co_await parts_.owner_is_enabled(webhook->user_id);
    if (!is_told) co_return give_up("The account of the webhook is disabled");
    const auto secret = parts_.sealer.open(webhook->sealed_secret, jobs::webhook_seal_context(webhook->id));
    if (!secret) {
      co_return give_up("The webhook's secret cannot be unsealed: DATA_KEY is not the one it was sealed with");
    }
    if (!is_test) {
      if (const auto wait = turns_.begin(webhook->user_id, webhook->id, parts_.clock.now())) {
        FailedAttempt later{"Not tried: the webhook failed or was busy just before", true, *wait};
        co_return HandlerOutcome{std::move(later)};
      }
    }
    // From here on the turn must be given back, whatever happens.
    std::optional<HttpAnswer> answer;
    std::exception_ptr failure;
    try {
      auto exchange = call(context, *webhook, *what, *secret);
      answer.emplace(co_await std::move(exchange));
    } catch (...) {
      failure = std::current_exception();
    }
    const bool failed = answer && !answer->stopped && !is_success(*answer) && is_retryable(*answer);
    if (!is_test) turns_.end(webhook->user_id, webhook->id, failed, parts_.clock.now());
    if (failure) std::rethrow_exception(failure);
    auto outcome = conclude(context->job(), *webhook, *answer, is_test);
    co_return co_await std::move(outcome);
  }

 private:
  static HandlerOutcome give_up(std::string why) { return FailedAttempt{std::move(why), false}; }

  Awaitable<HttpAnswer> call(std::shared_ptr<jobs::JobContext> context, const Webhook& webhook,
                             const WebhookDelivery& what, const std::string& secret) {
    std::optional<jobs::Job> about;
    if (what.job) {
      const jobs::Scope owner{webhook.user_id};
      auto found = co_await parts_.jobs.get(owner, *what.job);
      if (found) about = std::move(*found);
    }
    HttpPost request = request_for(context->job(), webhook, what, std::move(about), secret);
    const auto stop = std::make_shared<handlers::StopSignal>();
    context->on_stop([stop] { stop->raise(); });
    auto work = [request = std::move(request), stop] { return handlers::post(request, *stop); };
    auto running = run_in<HttpAnswer>(parts_.pool, std::move(work));
    auto answer = co_await std::move(running);
    context->on_stop({});
    if (!answer) answer.emplace().error = "No thread was free to send the request";
    co_return std::move(*answer);
  }

  HttpPost request_for(const jobs::Job& delivery, const Webhook& webhook, const WebhookDelivery& what,
                       std::optional<jobs::Job> about, const std::string& secret) const {
    HttpPost request;
    request.url = webhook.url;
    request.body = webhook_body(delivery, what, std::move(about));
    request.timeout = webhook_timeout;
    request.allow_private = parts_.allow_private;
    request.resolve = parts_.resolve;
    request.answer_bytes_max = answer_bytes_max;
    request.headers = {
        "Content-Type: application/json",
        "Accept: application/json",
        "Expect:",  // the body is small enough to be sent at once
        fmt::format("X-Taskgate-Delivery: {}", to_string(delivery.id)),
        fmt::format("X-Taskgate-Webhook: {}", to_string(webhook.id)),
        fmt::format("X-Taskgate-Event: {}", jobs::to_string(what.event)),
        fmt::format("X-Taskgate-Attempt: {}", delivery.attempts),
    };
    for (auto& header : handlers::signature_headers(secret, request.body, parts_.clock.now())) {
      request.headers.push_back(std::move(header));
    }
    return request;
  }

  Awaitable<HandlerOutcome> conclude(const jobs::Job& delivery, const Webhook& webhook, const HttpAnswer& answer,
                                     bool is_test) {
    const Time now = parts_.clock.now();
    if (is_success(answer)) {
      jobs::DeliveryNote note{webhook.id, true, webhook_failures_max, {}};
      // The usual case needs no look at the store.
      if (webhook.failures > 0 && !is_test) co_await parts_.webhooks.note_delivery(std::move(note), now);
      jobs::Succeeded succeeded{fmt::format("{{\"httpStatus\":{}}}", answer.status)};
      co_return HandlerOutcome{std::move(succeeded)};
    }
    FailedAttempt failed{describe(answer), is_retryable(answer)};
    if (failed.retryable && answer.retry_after) {
      failed.delay = std::min<std::chrono::milliseconds>(*answer.retry_after, retry_after_max);
    }
    // The queue could not be sure to try again before the time is over: this was the last try.
    const auto until = delivery.terms.retry_until;
    const bool is_late = until && now + jobs::webhook_pause_longest * 6 / 5 > *until;
    if (!answer.stopped && is_late) failed.retryable = false;
    if (!failed.retryable && !is_test) {
      const int failures_max = answer.status == gone ? 1 : webhook_failures_max;
      jobs::DeliveryNote note{webhook.id, false, failures_max, disabling_reason(answer)};
      const auto noted = co_await parts_.webhooks.note_delivery(std::move(note), now);
      if (noted && noted->disabled_at == now) {
        log::warning("webhook disabled", {{"webhook", to_string(webhook.id)}, {"reason", *noted->disabled_reason}});
      }
    }
    co_return HandlerOutcome{std::move(failed)};
  }

  static std::string disabling_reason(const HttpAnswer& answer) {
    if (answer.status == gone) return "The address answered 410: it is gone for good";
    return fmt::format("{} deliveries in a row were given up, the last with: {}", webhook_failures_max,
                       describe(answer));
  }

  WebhookParts parts_;
  WebhookTurns turns_;
};

}  // namespace

std::string webhook_body(const jobs::Job& delivery, const WebhookDelivery& what, std::optional<jobs::Job> about) {
  std::vector<std::string_view> omitted;
  std::string body = write_body(delivery, what, about, omitted);
  if (body.size() > webhook_body_bytes_max && about) {
    about->data = "null";
    omitted.emplace_back("data");
    body = write_body(delivery, what, about, omitted);
  }
  if (body.size() > webhook_body_bytes_max && about && about->result) {
    about->result.reset();
    omitted.emplace_back("result");
    body = write_body(delivery, what, about, omitted);
  }
  return body;
}

jobs::HandlerRegistration webhook_handler(WebhookParts parts) {
  jobs::HandlerRegistration registration;
  registration.types.types = {std::string(jobs::webhook_type)};
  registration.concurrency = webhooks_at_once;
  registration.handler = std::make_shared<WebhookHandler>(std::move(parts));
  return registration;
}

}  // namespace taskgate::app
