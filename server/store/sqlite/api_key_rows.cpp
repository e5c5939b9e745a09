#include "store/sqlite/api_key_rows.h"

#include "store/sqlite/user_rows.h"

namespace taskgate::sqlite {
namespace {

using accounts::ApiKey;

// In the order of read_key.
constexpr std::string_view key_columns =
    "api_keys.id, api_keys.user_id, name, scopes, all_users, api_keys.created_at, expires_at, last_used_at";
constexpr int key_column_count = 8;

ApiKey read_key(const Cursor& row) {
  ApiKey key;
  key.id = row.api_key_id(0);
  key.user_id = row.user_id(1);
  key.name = row.text(2);
  key.scopes.bits = static_cast<std::uint8_t>(row.integer(3));
  key.all_users = row.integer(4) != 0;
  key.created_at = row.time(5);
  key.expires_at = row.optional_time(6);
  key.last_used_at = row.optional_time(7);
  return key;
}

std::int64_t count_api_keys(Database& database, const UserId& user) {
  Cursor row = database.statement("SELECT count(*) FROM api_keys WHERE user_id = ?").query(user);
  return row.next() ? row.integer(0) : 0;
}

}  // namespace

Result<void> create_api_key(Database& database, const ApiKey& key, const Sha256Digest& hash, std::size_t keys_max) {
  const auto user = find_user(database, key.user_id);
  if (!user || user->disabled) return not_found("User");
  if (static_cast<std::size_t>(count_api_keys(database, key.user_id)) >= keys_max) {
    return Error{ErrorCode::conflict, "too_many_keys", "There are too many keys; delete one first", {}, std::nullopt};
  }
  database
      .statement(
          "INSERT INTO api_keys (hash, id, user_id, name, scopes, all_users, created_at, expires_at, last_used_at) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .execute(hash, key.id, key.user_id, key.name, static_cast<int>(key.scopes.bits), key.all_users ? 1 : 0,
               key.created_at, key.expires_at, key.last_used_at);
  return {};
}

std::vector<ApiKey> list_api_keys(Database& database, const UserId& user) {
  static const std::string sql =
      fmt::format("SELECT {} FROM api_keys WHERE user_id = ? ORDER BY created_at DESC, id", key_columns);
  std::vector<ApiKey> keys;
  Cursor row = database.statement(sql).query(user);
  while (row.next()) keys.push_back(read_key(row));
  return keys;
}

std::optional<accounts::ApiKeyAuthority> find_api_key_authority(Database& database, const Sha256Digest& hash) {
  static const std::string sql = fmt::format(
      "SELECT {}, email, role, disabled FROM api_keys JOIN users ON users.id = api_keys.user_id WHERE hash = ?",
      key_columns);
  Cursor row = database.statement(sql).query(hash);
  if (!row.next()) return std::nullopt;
  ApiKey key = read_key(row);
  return accounts::ApiKeyAuthority{key.user_id, std::string(row.text(key_column_count)),
                                   parse_role(row.text(key_column_count + 1)), row.integer(key_column_count + 2) != 0,
                                   std::move(key)};
}

bool delete_api_key(Database& database, const UserId& user, const ApiKeyId& id) {
  database.statement("DELETE FROM api_keys WHERE id = ? AND user_id = ?").execute(id, user);
  return database.changed() > 0;
}

void delete_api_keys(Database& database, const UserId& user) {
  database.statement("DELETE FROM api_keys WHERE user_id = ?").execute(user);
}

void touch_api_key(Database& database, const ApiKeyId& id, Time now) {
  database.statement("UPDATE api_keys SET last_used_at = ? WHERE id = ?").execute(now, id);
}

std::size_t prune_api_keys(Database& database, Time before, std::size_t limit) {
  database
      .statement(
          "DELETE FROM api_keys WHERE hash IN "
          "(SELECT hash FROM api_keys WHERE expires_at IS NOT NULL AND expires_at < ? LIMIT ?)")
      .execute(before, limit);
  return static_cast<std::size_t>(database.changed());
}

}  // namespace taskgate::sqlite
