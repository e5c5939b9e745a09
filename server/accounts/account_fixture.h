#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "accounts/account_service.h"
#include "accounts/memory_account_store.h"
#include "base/crypto_sealing.h"

namespace taskgate::accounts {

// Reads the mails that the store keeps to be sent, as their handler would.
class StoredMail {
 public:
  static inline const std::string secret = "a data secret of thirty-two bytes";
  struct Mail {
    std::string kind;
    std::string email;
    std::string token;
    Time useful_until;
  };

  explicit StoredMail(const MemoryAccountStore& store) : store_(store) {}
  [[nodiscard]] std::vector<Mail> all() const {
    std::vector<Mail> mails;
    for (const OutgoingMail& mail : store_.mails()) {
      const auto token = mail.sealed.empty() ? "" : sealer_.open(mail.sealed, mail_seal_context(mail.id)).value();
      mails.push_back({std::string(to_string(mail.kind)), mail.to, token, mail.useful_until});
    }
    return mails;
  }
  [[nodiscard]] Mail last() const {
    const auto mails = all();
    return mails.empty() ? Mail{} : mails.back();
  }

 private:
  const MemoryAccountStore& store_;
  Sealer sealer_{secret};
};

// An account service on a memory store, with a clock that stands still and one hashing thread.
class AccountFixture : public testing::Test {
 protected:
  static inline const std::string email = "ada@example.com";
  static inline const std::string password = "correct horse battery";
  static inline const ClientInfo client{"192.0.2.1", "a browser"};

  AccountFixture() { start(); }

  static AccountOptions defaults() {
    AccountOptions options;
    options.jwt_secret = "a-secret-of-at-least-thirty-two-bytes";
    options.refusal_pace = std::chrono::milliseconds{0};
    options.data_secret = StoredMail::secret;
    return options;
  }

  void start(AccountOptions options = defaults()) {
    service = std::make_unique<AccountService>(store, clock, ids, pool, std::move(options));
    service->session_ended.connect([this](const SessionId& id) { ended.push_back(id); });
    service->user_changed.connect([this](const UserId& id) { changed.push_back(id); });
  }

  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }

  User add_user(const std::string& address = email, Role role = Role::user) {
    auto user = run(service->create_user(address, password, role, true));
    EXPECT_TRUE(user) << (user ? "" : user.error().message);
    return *user;
  }

  Result<Tokens> log_in(const std::string& address = email, const std::string& typed = password,
                        ClientInfo from = client) {
    return run(service->log_in(address, typed, std::move(from)));
  }

  std::string log_in_outcome(const std::string& address, const std::string& typed, ClientInfo from = client) {
    const auto tokens = log_in(address, typed, std::move(from));
    return tokens ? "ok" : tokens.error().reason;
  }

  Result<Principal> authenticate(const std::string& access_token) { return run(service->authenticate(access_token)); }

  template <class T>
  static std::string reason(const Result<T>& result) {
    return result ? "ok" : result.error().reason;
  }

  MemoryAccountStore store;
  StoredMail mail{store};
  ManualClock clock;
  IdGenerator ids;
  WorkerPool pool{"hash", 1, 64};
  std::unique_ptr<AccountService> service;
  std::vector<SessionId> ended;
  std::vector<UserId> changed;
};

}  // namespace taskgate::accounts
