#pragma once

#include <optional>
#include <vector>

#include "accounts/account_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Rows of `api_keys`; all throw DatabaseError. The verbs of accounts::AccountStore about keys are made of these.

[[nodiscard]] Result<void> create_api_key(Database& database, const accounts::ApiKey& key, const Sha256Digest& hash,
                                          std::size_t keys_max);
[[nodiscard]] std::vector<accounts::ApiKey> list_api_keys(Database& database, const UserId& user);
[[nodiscard]] std::optional<accounts::ApiKeyAuthority> find_api_key_authority(Database& database,
                                                                              const Sha256Digest& hash);
[[nodiscard]] bool delete_api_key(Database& database, const UserId& user, const ApiKeyId& id);
void delete_api_keys(Database& database, const UserId& user);
void touch_api_key(Database& database, const ApiKeyId& id, Time now);
// Deletes keys that expired before `before`, at most `limit`. The number deleted.
[[nodiscard]] std::size_t prune_api_keys(Database& database, Time before, std::size_t limit);

}  // namespace taskgate::sqlite
