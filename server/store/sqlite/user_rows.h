#pragma once

#include <optional>
#include <string_view>

#include "accounts/account_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Rows of `users` and `one_time_tokens`; on any connection. All throw DatabaseError.

inline constexpr std::string_view user_columns =
    "id, email, password_hash, role, email_verified, disabled, token_version, created_at, updated_at";

// The user in the cursor's row, which begins with `user_columns` at `first`.
[[nodiscard]] accounts::User read_user(const Cursor& row, int first = 0);
[[nodiscard]] Role parse_role(std::string_view text);

[[nodiscard]] std::optional<accounts::User> find_user(Database& database, const UserId& id);
[[nodiscard]] std::optional<accounts::User> find_user_by_email(Database& database, std::string_view email);
// Whose token it is, if it is good at `now`.
[[nodiscard]] std::optional<accounts::User> find_user_by_token(Database& database, accounts::TokenPurpose purpose,
                                                               const Sha256Digest& hash, Time now);
[[nodiscard]] accounts::UserPage list_users(Database& database, std::string_view text, std::size_t limit,
                                            const std::optional<std::string>& cursor);

void insert_user(Database& database, const accounts::User& user);
void store_user(Database& database, const accounts::User& user);
void insert_token(Database& database, const accounts::OneTimeToken& token);
void drop_token(Database& database, const Sha256Digest& hash);
void drop_tokens(Database& database, const UserId& user);
void drop_tokens(Database& database, const UserId& user, accounts::TokenPurpose purpose);

}  // namespace taskgate::sqlite
