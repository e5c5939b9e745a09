#pragma once

#include "jobs/webhook_store.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {

// jobs::WebhookStore on SQLite: changes go to the writer, questions to the readers. Deliveries are made by the commands
// that end jobs, in their transaction.
class SqliteWebhookStore final : public jobs::WebhookStore {
 public:
  SqliteWebhookStore(Writer& writer, Readers& readers) : writer_(writer), readers_(readers) {}

  Awaitable<Result<void>> create_webhook(jobs::Webhook webhook, std::size_t webhooks_max) override;
  Awaitable<std::vector<jobs::Webhook>> list_webhooks(UserId user) override;
  Awaitable<Result<jobs::Webhook>> find_webhook(std::optional<UserId> user, JobId id) override;
  Awaitable<Result<jobs::Webhook>> change_webhook(UserId user, JobId id, jobs::WebhookChange change, Time now) override;
  Awaitable<bool> delete_webhook(UserId user, JobId id) override;
  Awaitable<std::optional<jobs::Webhook>> note_delivery(jobs::DeliveryNote note, Time now) override;

 private:
  Writer& writer_;
  Readers& readers_;
};

}  // namespace taskgate::sqlite
