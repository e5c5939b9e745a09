#pragma once

#include <optional>
#include <vector>

#include "accounts/account_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Rows of `sessions`; on any connection. All throw DatabaseError.

// A session is live until it is revoked or one of its expiries is reached.
[[nodiscard]] bool is_live(const accounts::Session& session, Time now);

[[nodiscard]] std::optional<accounts::Session> find_session(Database& database, const SessionId& id);
[[nodiscard]] std::vector<accounts::Session> list_live_sessions(Database& database, const UserId& user, Time now);
[[nodiscard]] std::optional<accounts::SessionAuthority> find_authority(Database& database, const SessionId& id,
                                                                       Time now);

void insert_session(Database& database, const accounts::Session& session);
void store_session(Database& database, const accounts::Session& session);

}  // namespace taskgate::sqlite
