#include "store/sqlite/sqlite_webhook_store.h"

#include "store/sqlite/webhook_commands.h"
#include "store/sqlite/webhook_rows.h"

// Each verb names its work first and awaits it then: a lambda inside a co_await expression is miscompiled by g++ 12.
namespace taskgate::sqlite {

Awaitable<Result<void>> SqliteWebhookStore::create_webhook(jobs::Webhook webhook, std::size_t webhooks_max) {
  auto work = [&webhook, webhooks_max](WriteContext& context) {
    return sqlite::create_webhook(context, webhook, webhooks_max);
  };
  const CommandTraits traits;
  auto created = writer_.execute(work, traits);
  co_return co_await std::move(created);
}

Awaitable<std::vector<jobs::Webhook>> SqliteWebhookStore::list_webhooks(UserId user) {
  auto read = [&user](Database& database) { return sqlite::list_webhooks(database, user); };
  auto question = readers_.execute(read);
  co_return co_await std::move(question);
}

Awaitable<Result<jobs::Webhook>> SqliteWebhookStore::find_webhook(std::optional<UserId> user, JobId id) {
  auto read = [&user, id](Database& database) { return sqlite::find_webhook(database, user, id); };
  auto question = readers_.execute(read);
  auto found = co_await std::move(question);
  if (!found) co_return not_found("Webhook");
  co_return std::move(*found);
}

Awaitable<Result<jobs::Webhook>> SqliteWebhookStore::change_webhook(UserId user, JobId id, jobs::WebhookChange change,
                                                                    Time now) {
  auto work = [&user, id, &change, now](WriteContext& context) {
    return sqlite::change_webhook(context.database, user, id, change, now);
  };
  const CommandTraits traits;
  auto changed = writer_.execute(work, traits);
  co_return co_await std::move(changed);
}

Awaitable<bool> SqliteWebhookStore::delete_webhook(UserId user, JobId id) {
  auto work = [&user, id](WriteContext& context) { return sqlite::delete_webhook(context.database, user, id); };
  const CommandTraits traits;
  auto deleted = writer_.execute(work, traits);
  co_return co_await std::move(deleted);
}

Awaitable<std::optional<jobs::Webhook>> SqliteWebhookStore::note_delivery(jobs::DeliveryNote note, Time now) {
  auto work = [&note, now](WriteContext& context) { return sqlite::note_delivery(context.database, note, now); };
  const CommandTraits traits;
  auto noted = writer_.execute(work, traits);
  co_return co_await std::move(noted);
}

}  // namespace taskgate::sqlite
