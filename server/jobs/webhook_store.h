#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "jobs/webhook.h"

namespace taskgate::jobs {

// What is changed of a webhook; what is not given stays.
struct WebhookChange {
  std::optional<std::string> url;
  std::optional<std::uint8_t> events;
  std::optional<std::optional<std::string>> type;  // given and empty: any
  std::optional<std::optional<std::string>> tag;   // likewise
  std::optional<bool> enabled;                     // true: told again, with failures from 0
};

// What became of a delivery.
struct DeliveryNote {
  JobId webhook;
  bool arrived = false;
  int failures_max = 0;  // when it did not: so many given up in a row disable the webhook, for this reason
  std::string reason;
};

// Where webhooks are kept, on the same data as the JobStore. Each method is one atomic verb, as there.
//
// When a user's job ends, however it does, each webhook of the user that wants to know (`wants`) gets a delivery: a job
// made with webhook_job, told by JobStore::job_followed, stored in the same step as the end. An engine that cannot
// write several records in one step marks the job with its end, and makes the deliveries of all marks before it answers
// the next claim of their type: none is lost, none is there twice. A job that ends again after a retry by hand is told
// again. The end of a job whose user has no webhook costs no look into what is stored.
class WebhookStore {
 public:
  virtual ~WebhookStore() = default;

  // Errors: conflict `too_many_webhooks`, when the user has `webhooks_max` already.
  virtual Awaitable<Result<void>> create_webhook(Webhook webhook, std::size_t webhooks_max) = 0;
  // The newest first.
  virtual Awaitable<std::vector<Webhook>> list_webhooks(UserId user) = 0;
  // Errors: not_found, also when it is another user's. Without a user: anybody's.
  virtual Awaitable<Result<Webhook>> find_webhook(std::optional<UserId> user, JobId id) = 0;
  // Errors: not_found.
  virtual Awaitable<Result<Webhook>> change_webhook(UserId user, JobId id, WebhookChange change, Time now) = 0;
  // False when the user has no such webhook. Deliveries that wait find it gone.
  virtual Awaitable<bool> delete_webhook(UserId user, JobId id) = 0;
  // A delivery arrived (failures from 0), or was given up (failures + 1). Gives the webhook as it stands; nothing when
  // it is gone.
  virtual Awaitable<std::optional<Webhook>> note_delivery(DeliveryNote note, Time now) = 0;
};

// What every engine does alike.
[[nodiscard]] Error too_many_webhooks(std::size_t webhooks_max);
void apply(const WebhookChange& change, Webhook& webhook, Time now);
// False when nothing of the webhook changes by it: most deliveries arrive after one that did.
[[nodiscard]] bool apply(const DeliveryNote& note, Webhook& webhook, Time now);

}  // namespace taskgate::jobs
