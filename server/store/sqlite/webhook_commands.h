#pragma once

#include <cstddef>

#include "jobs/webhook_store.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// The changing verbs of jobs::WebhookStore, as the writer applies them; see there for what each does.
[[nodiscard]] Result<void> create_webhook(WriteContext& context, const jobs::Webhook& webhook,
                                          std::size_t webhooks_max);
[[nodiscard]] Result<jobs::Webhook> change_webhook(Database& database, const UserId& user, JobId id,
                                                   const jobs::WebhookChange& change, Time now);
[[nodiscard]] bool delete_webhook(Database& database, const UserId& user, JobId id);
[[nodiscard]] std::optional<jobs::Webhook> note_delivery(Database& database, const jobs::DeliveryNote& note, Time now);

// Adds the deliveries that follow from the end of this job, in the transaction of the end, and to context.followed.
void tell_webhooks(WriteContext& context, const jobs::Job& ended, Time now);

}  // namespace taskgate::sqlite
