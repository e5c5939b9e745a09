#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "accounts/account_store.h"
#include "store/sqlite/database.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// The changing verbs of accounts::AccountStore, as the writer applies them; see there for what each does.

[[nodiscard]] Result<accounts::User> create_user(WriteContext& context, const accounts::User& user,
                                                 const std::optional<accounts::OneTimeToken>& token,
                                                 const std::optional<accounts::OutgoingMail>& mail);
[[nodiscard]] accounts::SignUpOutcome sign_up(WriteContext& context, const accounts::SignUp& request, Time now);
[[nodiscard]] bool replace_token(WriteContext& context, accounts::OneTimeToken token,
                                 const std::optional<accounts::OutgoingMail>& mail, Time now);
[[nodiscard]] Result<accounts::User> verify_email(Database& database, const Sha256Digest& hash, Time now);
[[nodiscard]] Result<accounts::User> reset_password(WriteContext& context, const Sha256Digest& hash,
                                                    const std::string& password_hash,
                                                    const std::optional<accounts::OutgoingMail>& mail, Time now);
[[nodiscard]] Result<accounts::User> change_password(WriteContext& context, const accounts::PasswordChange& change,
                                                     const std::optional<accounts::OutgoingMail>& mail, Time now);
void upgrade_password_hash(Database& database, const accounts::PasswordChange& change);
[[nodiscard]] Result<accounts::User> set_role(Database& database, const UserId& id, Role role, Time now);
[[nodiscard]] Result<accounts::User> set_disabled(Database& database, const UserId& id, bool disabled, Time now);

struct RotationRequest {
  SessionId session;
  std::int64_t counter = 0;
  std::chrono::milliseconds idle{};
  std::chrono::milliseconds grace{};
  bool rotate = true;
};
[[nodiscard]] Result<accounts::Rotation> rotate_session(Database& database, const RotationRequest& request, Time now);
[[nodiscard]] bool revoke_session(Database& database, const SessionId& id, Time now);
// The ids of the sessions that this ended.
std::vector<SessionId> revoke_sessions(Database& database, const UserId& user, const std::optional<SessionId>& except,
                                       Time now);
void raise_token_version(Database& database, const UserId& user, Time now);
[[nodiscard]] std::size_t prune_unverified_users(Database& database, Time before, std::size_t limit);
[[nodiscard]] std::size_t prune_accounts(Database& database, Time before, std::size_t limit);

}  // namespace taskgate::sqlite
