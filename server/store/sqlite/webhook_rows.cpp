#include "store/sqlite/webhook_rows.h"

#include <fmt/format.h>

namespace taskgate::sqlite {
namespace {

using jobs::Webhook;

// In the order of read_webhook.
constexpr std::string_view webhook_columns =
    "id, user_id, url, events, type, tag, sealed_secret, disabled_reason, disabled_at, failures, created_at, "
    "updated_at";

Webhook read_webhook(const Cursor& row) {
  Webhook webhook;
  webhook.id = row.job_id(0);
  webhook.user_id = row.user_id(1);
  webhook.url = row.text(2);
  webhook.events = static_cast<std::uint8_t>(row.small(3));
  webhook.type = row.optional_text(4);
  webhook.tag = row.optional_text(5);
  webhook.sealed_secret = row.text(6);
  webhook.disabled_reason = row.optional_text(7);
  webhook.disabled_at = row.optional_time(8);
  webhook.failures = row.small(9);
  webhook.created_at = row.time(10);
  webhook.updated_at = row.time(11);
  return webhook;
}

}  // namespace

std::vector<Webhook> list_webhooks(Database& database, const UserId& user) {
  static const std::string sql =
      fmt::format("SELECT {} FROM webhooks WHERE user_id = ? ORDER BY id DESC", webhook_columns);
  std::vector<Webhook> webhooks;
  Cursor row = database.statement(sql).query(user);
  while (row.next()) webhooks.push_back(read_webhook(row));
  return webhooks;
}

std::optional<Webhook> find_webhook(Database& database, const std::optional<UserId>& user, JobId id) {
  static const std::string sql = fmt::format("SELECT {} FROM webhooks WHERE id = ?", webhook_columns);
  Cursor row = database.statement(sql).query(id);
  if (!row.next()) return std::nullopt;
  auto webhook = read_webhook(row);
  if (user && webhook.user_id != *user) return std::nullopt;
  return webhook;
}

void WebhookUsers::rebuild(Database& database) {
  users_.clear();
  Cursor row = database.statement("SELECT DISTINCT user_id FROM webhooks").query();
  while (row.next()) users_.insert(row.user_id(0));
}

}  // namespace taskgate::sqlite
