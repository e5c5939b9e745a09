#pragma once

namespace taskgate::sqlite {

// Addresses that are told when jobs of a user end. events: bits of jobs::WebhookEvent; type and tag: NULL for any;
// disabled_reason and disabled_at: NULL while it is told.
inline constexpr const char* migration_0012_webhooks = R"sql(
CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL,
  url TEXT NOT NULL,
  events INTEGER NOT NULL,
  type TEXT,
  tag TEXT,
  sealed_secret TEXT NOT NULL,
  disabled_reason TEXT,
  disabled_at INTEGER,
  failures INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_by_user ON webhooks (user_id, id);
)sql";

}  // namespace taskgate::sqlite
