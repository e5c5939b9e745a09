#include "store/sqlite/control_rows.h"

namespace taskgate::sqlite {
namespace {

using jobs::QueueControl;
using jobs::StartBucket;
using jobs::StartRate;
using jobs::TypeControl;
using jobs::UserControl;

std::optional<std::int64_t> optional_integer(const Cursor& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

}  // namespace

void ControlRows::store_type(const std::string& type, const TypeControl& control, bool same_rate) {
  if (control == TypeControl{}) {
    database_.statement("DELETE FROM type_controls WHERE type = ?").execute(type);
    return;
  }
  std::optional<std::int64_t> starts;
  std::optional<std::int64_t> window;
  if (control.rate) {
    starts = control.rate->starts;
    window = control.rate->window.count();
  }
  database_
      .statement(
          "INSERT INTO type_controls (type, paused, concurrency, concurrency_per_user, rate_starts, rate_window_ms) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (type) DO UPDATE SET paused = excluded.paused, "
          "concurrency = excluded.concurrency, concurrency_per_user = excluded.concurrency_per_user, "
          "rate_starts = excluded.rate_starts, rate_window_ms = excluded.rate_window_ms")
      .execute(type, control.paused, control.concurrency, control.concurrency_per_user, starts, window);
  if (same_rate) return;
  // The new bucket is full until a claim keeps another level.
  database_.statement("UPDATE type_controls SET rate_credit = NULL, rate_credit_at = NULL WHERE type = ?")
      .execute(type);
}

void ControlRows::store_level(const std::string& type, const StartBucket::Level& level) {
  database_.statement("UPDATE type_controls SET rate_credit = ?, rate_credit_at = ? WHERE type = ?")
      .execute(level.credit, level.at, type);
}

void ControlRows::store_queue(const std::string& queue, const QueueControl& control) {
  if (control == QueueControl{}) {
    database_.statement("DELETE FROM queue_controls WHERE queue = ?").execute(queue);
    return;
  }
  database_
      .statement(
          "INSERT INTO queue_controls (queue, paused) VALUES (?, ?) "
          "ON CONFLICT (queue) DO UPDATE SET paused = excluded.paused")
      .execute(queue, control.paused);
}

void ControlRows::store_user(const UserId& user, const UserControl& control) {
  if (control == UserControl{}) {
    database_.statement("DELETE FROM user_controls WHERE user_id = ?").execute(user);
    return;
  }
  database_
      .statement(
          "INSERT INTO user_controls (user_id, concurrency, weight, backlog) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (user_id) DO UPDATE SET concurrency = excluded.concurrency, weight = excluded.weight, "
          "backlog = excluded.backlog")
      .execute(user, control.concurrency, control.weight, control.backlog);
}

std::vector<TypeControlRow> ControlRows::types() {
  std::vector<TypeControlRow> types;
  Cursor row = database_
                   .statement(
                       "SELECT type, paused, concurrency, concurrency_per_user, rate_starts, rate_window_ms, "
                       "rate_credit, rate_credit_at FROM type_controls ORDER BY type")
                   .query();
  while (row.next()) {
    TypeControlRow& type = types.emplace_back();
    type.type = row.text(0);
    type.control.paused = row.integer(1) != 0;
    type.control.concurrency = optional_integer(row, 2);
    type.control.concurrency_per_user = optional_integer(row, 3);
    if (!row.is_null(4)) type.control.rate = StartRate{row.integer(4), std::chrono::milliseconds(row.integer(5))};
    if (!row.is_null(6)) type.level = StartBucket::Level{row.integer(6), row.time(7)};
  }
  return types;
}

std::vector<std::pair<std::string, QueueControl>> ControlRows::queues() {
  std::vector<std::pair<std::string, QueueControl>> queues;
  Cursor row = database_.statement("SELECT queue, paused FROM queue_controls ORDER BY queue").query();
  while (row.next()) queues.emplace_back(std::string(row.text(0)), QueueControl{row.integer(1) != 0});
  return queues;
}

std::vector<std::pair<UserId, UserControl>> ControlRows::users() {
  std::vector<std::pair<UserId, UserControl>> users;
  Cursor row =
      database_.statement("SELECT user_id, concurrency, weight, backlog FROM user_controls ORDER BY user_id").query();
  while (row.next()) {
    users.emplace_back(row.user_id(0), UserControl{optional_integer(row, 1), row.real(2), optional_integer(row, 3)});
  }
  return users;
}

}  // namespace taskgate::sqlite
