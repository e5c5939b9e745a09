#pragma once

#include "accounts/account_store.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {

// accounts::AccountStore on SQLite: changes go to the writer, questions to the readers.
class SqliteAccountStore final : public accounts::AccountStore {
 public:
  // `slow_readers` is for questions that may look at many rows: whether a caller may come in must not wait for those.
  SqliteAccountStore(Writer& writer, Readers& readers, Readers& slow_readers)
      : writer_(writer), readers_(readers), slow_readers_(slow_readers) {}

  Awaitable<Result<accounts::User>> create_user(accounts::User user, std::optional<accounts::OneTimeToken> token,
                                                std::optional<accounts::OutgoingMail> mail) override;
  Awaitable<accounts::SignUpOutcome> sign_up(accounts::SignUp request, Time now) override;
  Awaitable<bool> replace_token(accounts::OneTimeToken token, std::optional<accounts::OutgoingMail> mail,
                                Time now) override;
  Awaitable<std::optional<accounts::User>> find_user(UserId id) override;
  Awaitable<std::vector<accounts::User>> find_users(std::vector<UserId> ids) override;
  Awaitable<std::optional<accounts::User>> find_user_by_email(std::string email) override;
  Awaitable<accounts::UserPage> list_users(std::string text, std::size_t limit,
                                           std::optional<std::string> cursor) override;

  Awaitable<Result<accounts::User>> verify_email(Sha256Digest token_hash, Time now) override;
  Awaitable<std::optional<accounts::User>> find_user_by_token(accounts::TokenPurpose purpose, Sha256Digest token_hash,
                                                              Time now) override;
  Awaitable<Result<accounts::User>> reset_password(Sha256Digest token_hash, std::string password_hash,
                                                   std::optional<accounts::OutgoingMail> mail, Time now) override;
  Awaitable<Result<accounts::User>> change_password(accounts::PasswordChange change,
                                                    std::optional<accounts::OutgoingMail> mail, Time now) override;
  Awaitable<void> upgrade_password_hash(UserId id, std::string expected_hash, std::string password_hash) override;
  Awaitable<Result<accounts::User>> set_role(UserId id, Role role, Time now) override;
  Awaitable<Result<accounts::User>> set_disabled(UserId id, bool disabled, Time now) override;

  Awaitable<void> create_session(accounts::Session session) override;
  Awaitable<std::optional<accounts::SessionAuthority>> session_authority(SessionId id, Time now) override;
  Awaitable<Result<accounts::Rotation>> rotate_session(SessionId id, std::int64_t counter,
                                                       std::chrono::milliseconds idle, std::chrono::milliseconds grace,
                                                       bool rotate, Time now) override;
  Awaitable<bool> revoke_session(SessionId id, Time now) override;
  Awaitable<std::vector<SessionId>> revoke_sessions(UserId user, std::optional<SessionId> except,
                                                    bool raise_token_version, Time now) override;
  Awaitable<std::vector<accounts::Session>> list_sessions(UserId user, Time now) override;
  Awaitable<Result<void>> create_api_key(accounts::ApiKey key, Sha256Digest hash, std::size_t keys_max) override;
  Awaitable<std::vector<accounts::ApiKey>> list_api_keys(UserId user) override;
  Awaitable<bool> delete_api_key(UserId user, ApiKeyId id) override;
  Awaitable<std::optional<accounts::ApiKeyAuthority>> api_key_authority(Sha256Digest hash) override;
  Awaitable<void> touch_api_key(ApiKeyId id, Time now) override;
  Awaitable<std::size_t> prune_unverified(Time before, std::size_t limit) override;
  Awaitable<std::size_t> prune(Time before, std::size_t limit) override;

 private:
  template <class Work>
  Awaitable<std::invoke_result_t<Work&, WriteContext&>> change_with_mail(Work work, bool with_mail);

  Writer& writer_;
  Readers& readers_;
  Readers& slow_readers_;
};

}  // namespace taskgate::sqlite
