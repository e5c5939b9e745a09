#include "store/sqlite/webhook_commands.h"

#include "store/sqlite/webhook_rows.h"

namespace taskgate::sqlite {
namespace {

using jobs::Webhook;

void store_webhook(Database& database, const Webhook& webhook) {
  database
      .statement(
          "UPDATE webhooks SET url = ?, events = ?, type = ?, tag = ?, disabled_reason = ?, disabled_at = ?, failures "
          "= ?, updated_at = ? WHERE id = ?")
      .execute(webhook.url, static_cast<int>(webhook.events), webhook.type, webhook.tag, webhook.disabled_reason,
               webhook.disabled_at, webhook.failures, webhook.updated_at, webhook.id);
}

}  // namespace

Result<void> create_webhook(WriteContext& context, const Webhook& webhook, std::size_t webhooks_max) {
  Database& database = context.database;
  if (list_webhooks(database, webhook.user_id).size() >= webhooks_max) return jobs::too_many_webhooks(webhooks_max);
  database
      .statement(
          "INSERT INTO webhooks (id, user_id, url, events, type, tag, sealed_secret, disabled_reason, disabled_at, "
          "failures, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .execute(webhook.id, webhook.user_id, webhook.url, static_cast<int>(webhook.events), webhook.type, webhook.tag,
               webhook.sealed_secret, webhook.disabled_reason, webhook.disabled_at, webhook.failures,
               webhook.created_at, webhook.updated_at);
  context.webhook_users.add(webhook.user_id);
  return {};
}

Result<Webhook> change_webhook(Database& database, const UserId& user, JobId id, const jobs::WebhookChange& change,
                               Time now) {
  auto webhook = find_webhook(database, user, id);
  if (!webhook) return not_found("Webhook");
  jobs::apply(change, *webhook, now);
  store_webhook(database, *webhook);
  return std::move(*webhook);
}

bool delete_webhook(Database& database, const UserId& user, JobId id) {
  if (!find_webhook(database, user, id)) return false;
  database.statement("DELETE FROM webhooks WHERE id = ?").execute(id);
  return true;
}

std::optional<Webhook> note_delivery(Database& database, const jobs::DeliveryNote& note, Time now) {
  auto webhook = find_webhook(database, std::nullopt, note.webhook);
  if (webhook && jobs::apply(note, *webhook, now)) store_webhook(database, *webhook);
  return webhook;
}

void tell_webhooks(WriteContext& context, const jobs::Job& ended, Time now) {
  if (!context.webhook_users.may_have(ended.user_id)) return;
  for (const auto& webhook : list_webhooks(context.database, ended.user_id)) {
    if (!jobs::wants(webhook, ended)) continue;
    const jobs::WebhookDelivery delivery{webhook.id, ended.id, *jobs::event_of(ended)};
    jobs::Job job = jobs::webhook_job(context.ids->next_job_id(now), delivery, now);
    context.rows.insert(job);
    context.live.enter(job, now);
    context.terms.update(job);
    context.counts.added(job.user_id, job.status);
    context.followed.push_back(std::move(job));
  }
}

}  // namespace taskgate::sqlite
