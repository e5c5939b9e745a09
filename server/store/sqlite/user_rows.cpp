#include "store/sqlite/user_rows.h"

#include "store/sqlite/like_pattern.h"

namespace taskgate::sqlite {

using accounts::TokenPurpose;
using accounts::User;

accounts::User read_user(const Cursor& row, int first) {
  User user;
  user.id = row.user_id(first);
  user.email = row.text(first + 1);
  user.password_hash = row.text(first + 2);
  user.role = parse_role(row.text(first + 3));
  user.email_verified = row.integer(first + 4) != 0;
  user.disabled = row.integer(first + 5) != 0;
  user.token_version = row.integer(first + 6);
  user.created_at = row.time(first + 7);
  user.updated_at = row.time(first + 8);
  return user;
}

Role parse_role(std::string_view text) { return text == to_string(Role::admin) ? Role::admin : Role::user; }

std::optional<User> find_user(Database& database, const UserId& id) {
  static const std::string sql = fmt::format("SELECT {} FROM users WHERE id = ?", user_columns);
  Cursor row = database.statement(sql).query(id);
  if (!row.next()) return std::nullopt;
  return read_user(row);
}

std::optional<User> find_user_by_email(Database& database, std::string_view email) {
  static const std::string sql = fmt::format("SELECT {} FROM users WHERE email = ?", user_columns);
  Cursor row = database.statement(sql).query(email);
  if (!row.next()) return std::nullopt;
  return read_user(row);
}

std::optional<User> find_user_by_token(Database& database, TokenPurpose purpose, const Sha256Digest& hash, Time now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM users WHERE (id, email) = (SELECT user_id, email FROM one_time_tokens WHERE hash = ? AND purpose "
      "= ? AND "
      "expires_at > ?)",
      user_columns);
  Cursor row = database.statement(sql).query(hash, static_cast<int>(purpose), now);
  if (!row.next()) return std::nullopt;
  return read_user(row);
}

accounts::UserPage list_users(Database& database, std::string_view text, std::size_t limit,
                              const std::optional<std::string>& cursor) {
  static const std::string sql =
      fmt::format("SELECT {} FROM users WHERE id > ? AND email LIKE ? ESCAPE '\\' ORDER BY id LIMIT ?", user_columns);
  accounts::UserPage page;
  // The smallest id is nobody's. A cursor that is not one of ours has nothing behind it.
  const auto after = cursor ? parse_user_id(*cursor) : std::optional{UserId{}};
  if (!after || limit == 0) return page;
  const std::string pattern = like_pattern(text);
  Cursor row = database.statement(sql).query(*after, pattern, limit + 1);
  while (row.next()) {
    if (page.users.size() == limit) {
      page.next_cursor = to_string(page.users.back().id);
      break;
    }
    page.users.push_back(read_user(row));
  }
  return page;
}

void insert_user(Database& database, const User& user) {
  static const std::string sql = fmt::format("INSERT INTO users ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", user_columns);
  database.statement(sql).execute(user.id, user.email, user.password_hash, to_string(user.role), user.email_verified,
                                  user.disabled, user.token_version, user.created_at, user.updated_at);
}

void store_user(Database& database, const User& user) {
  database
      .statement(
          "UPDATE users SET password_hash = ?, role = ?, email_verified = ?, disabled = ?, token_version = ?, "
          "updated_at = ? "
          "WHERE id = ?")
      .execute(user.password_hash, to_string(user.role), user.email_verified, user.disabled, user.token_version,
               user.updated_at, user.id);
}

void insert_token(Database& database, const accounts::OneTimeToken& token) {
  database.statement("INSERT INTO one_time_tokens (hash, user_id, purpose, email, expires_at) VALUES (?, ?, ?, ?, ?)")
      .execute(token.hash, token.user_id, static_cast<int>(token.purpose), token.email, token.expires_at);
}

void drop_token(Database& database, const Sha256Digest& hash) {
  database.statement("DELETE FROM one_time_tokens WHERE hash = ?").execute(hash);
}

void drop_tokens(Database& database, const UserId& user) {
  database.statement("DELETE FROM one_time_tokens WHERE user_id = ?").execute(user);
}

void drop_tokens(Database& database, const UserId& user, TokenPurpose purpose) {
  database.statement("DELETE FROM one_time_tokens WHERE user_id = ? AND purpose = ?")
      .execute(user, static_cast<int>(purpose));
}

}  // namespace taskgate::sqlite
