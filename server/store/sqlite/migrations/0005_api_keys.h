#pragma once

namespace taskgate::sqlite {

// API keys, by the SHA-256 of their text. scopes: bits of KeyScope.
inline constexpr const char* migration_0005_api_keys = R"sql(
CREATE TABLE api_keys (
  hash BLOB PRIMARY KEY NOT NULL,
  id BLOB NOT NULL UNIQUE,
  user_id BLOB NOT NULL,
  name TEXT NOT NULL,
  scopes INTEGER NOT NULL,
  all_users INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_user ON api_keys (user_id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
)sql";

}  // namespace taskgate::sqlite
