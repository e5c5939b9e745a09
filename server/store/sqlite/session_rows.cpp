#include "store/sqlite/session_rows.h"

#include "store/sqlite/user_rows.h"

namespace taskgate::sqlite {
namespace {

constexpr std::string_view session_columns =
    "id, user_id, counter, rotated_at, created_at, last_used_at, idle_expires_at, absolute_expires_at, revoked_at, "
    "user_agent, "
    "address";

accounts::Session read_session(const Cursor& row) {
  accounts::Session session;
  session.id = row.session_id(0);
  session.user_id = row.user_id(1);
  session.counter = row.integer(2);
  session.rotated_at = row.time(3);
  session.created_at = row.time(4);
  session.last_used_at = row.time(5);
  session.idle_expires_at = row.time(6);
  session.absolute_expires_at = row.time(7);
  session.revoked_at = row.optional_time(8);
  session.user_agent = row.text(9);
  session.address = row.text(10);
  return session;
}

}  // namespace

bool is_live(const accounts::Session& session, Time now) {
  return !session.revoked_at && now < session.idle_expires_at && now < session.absolute_expires_at;
}

std::optional<accounts::Session> find_session(Database& database, const SessionId& id) {
  static const std::string sql = fmt::format("SELECT {} FROM sessions WHERE id = ?", session_columns);
  Cursor row = database.statement(sql).query(id);
  if (!row.next()) return std::nullopt;
  return read_session(row);
}

std::vector<accounts::Session> list_live_sessions(Database& database, const UserId& user, Time now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL AND idle_expires_at > ?2 AND "
      "absolute_expires_at > ?2 "
      "ORDER BY last_used_at DESC, created_at DESC, id",
      session_columns);
  std::vector<accounts::Session> sessions;
  Cursor row = database.statement(sql).query(user, now);
  while (row.next()) sessions.push_back(read_session(row));
  return sessions;
}

std::optional<accounts::SessionAuthority> find_authority(Database& database, const SessionId& id, Time now) {
  Cursor row =
      database
          .statement(
              "SELECT users.id, email, role, disabled, token_version, revoked_at IS NULL AND idle_expires_at > ?2 "
              "AND absolute_expires_at > ?2 FROM sessions JOIN users ON users.id = sessions.user_id "
              "WHERE sessions.id = ?1")
          .query(id, now);
  if (!row.next()) return std::nullopt;
  return accounts::SessionAuthority{row.user_id(0),      std::string(row.text(1)), parse_role(row.text(2)),
                                    row.integer(3) != 0, row.integer(4),           row.integer(5) != 0};
}

void insert_session(Database& database, const accounts::Session& session) {
  static const std::string sql =
      fmt::format("INSERT INTO sessions ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", session_columns);
  database.statement(sql).execute(session.id, session.user_id, session.counter, session.rotated_at, session.created_at,
                                  session.last_used_at, session.idle_expires_at, session.absolute_expires_at,
                                  session.revoked_at, session.user_agent, session.address);
}

void store_session(Database& database, const accounts::Session& session) {
  database
      .statement(
          "UPDATE sessions SET counter = ?, rotated_at = ?, last_used_at = ?, idle_expires_at = ?, revoked_at = ? "
          "WHERE id = ?")
      .execute(session.counter, session.rotated_at, session.last_used_at, session.idle_expires_at, session.revoked_at,
               session.id);
}

}  // namespace taskgate::sqlite
