#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/job.h"

namespace taskgate::jobs {

// How a job ended, as a webhook is told of it. Sets of them are bits.
// `test` is what a delivery by hand tells of; webhooks do not choose it.
enum class WebhookEvent : std::uint8_t { completed = 1, failed = 2, cancelled = 4, test = 8 };
inline constexpr std::uint8_t all_webhook_events = 7;

// "completed" and so on, as on the wire.
[[nodiscard]] std::string_view to_string(WebhookEvent event);
// Of those that webhooks choose from.
[[nodiscard]] std::optional<WebhookEvent> parse_webhook_event(std::string_view text);
// Nothing while the job has not finished.
[[nodiscard]] std::optional<WebhookEvent> event_of(const Job& job);

// An address of a user's that is told when jobs of the user end.
struct Webhook {
  JobId id;  // made as a job's is
  UserId user_id;
  std::string url;
  std::uint8_t events = all_webhook_events;
  std::optional<std::string> type;             // only jobs of exactly this type
  std::optional<std::string> tag;              // only jobs with this tag
  std::string sealed_secret;                   // signs what is sent; see webhook_seal_context
  std::optional<std::string> disabled_reason;  // nothing is sent any more, and why; with `disabled_at`
  std::optional<Time> disabled_at;
  int failures = 0;  // deliveries given up since the latest that arrived
  Time created_at;
  Time updated_at;
};

// Whether the webhook is to be told that the job ended so.
[[nodiscard]] bool wants(const Webhook& webhook, const Job& ended);

// What a webhook's secret is sealed for (base/crypto_sealing.h).
[[nodiscard]] std::string webhook_seal_context(JobId webhook);

inline constexpr std::string_view webhook_type = "taskgate.webhook";

// What one delivery is about.
struct WebhookDelivery {
  JobId webhook;
  std::optional<JobId> job;  // nothing: a test
  WebhookEvent event = WebhookEvent::completed;
};

// The longest pause between two tries of a delivery, and how long it is tried.
inline constexpr std::chrono::milliseconds webhook_pause_longest = std::chrono::hours{1};
inline constexpr std::chrono::milliseconds webhook_tried_for = std::chrono::hours{24};

// The delivery as a job of the server (system_job.h). It is tried again, after pauses from five seconds to an hour, for
// a day; a test is tried once.
[[nodiscard]] Job webhook_job(JobId id, const WebhookDelivery& delivery, Time now);
// What such a job is about; nothing when it is no such job.
[[nodiscard]] std::optional<WebhookDelivery> delivery_of(const Job& job);
// The tag that the jobs of a webhook's deliveries have.
[[nodiscard]] std::string delivery_tag(JobId webhook);

}  // namespace taskgate::jobs
