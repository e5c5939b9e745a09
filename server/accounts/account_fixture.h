#pragma once

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "accounts/account_service.h"
#include "accounts/memory_account_store.h"

namespace taskgate::accounts {

// Keeps what would have been mailed.
class RecordingMail final : public AccountMail {
 public:
  struct Mail {
    std::string kind;
    std::string email;
    std::string token;
  };

  void send_verification(std::string email, std::string token) override { add({"verification", email, token}); }
  void send_password_reset(std::string email, std::string token) override { add({"reset", email, token}); }
  void send_already_registered(std::string email) override { add({"already registered", email, ""}); }
  void send_password_changed(std::string email) override { add({"password changed", email, ""}); }

  [[nodiscard]] std::vector<Mail> all() const {
    const std::lock_guard lock(mutex_);
    return mails_;
  }
  [[nodiscard]] Mail last() const {
    const std::lock_guard lock(mutex_);
    return mails_.empty() ? Mail{} : mails_.back();
  }

 private:
  void add(Mail mail) {
    const std::lock_guard lock(mutex_);
    mails_.push_back(std::move(mail));
  }
  mutable std::mutex mutex_;
  std::vector<Mail> mails_;
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
    return options;
  }

  void start(AccountOptions options = defaults()) {
    service = std::make_unique<AccountService>(store, mail, clock, ids, pool, std::move(options));
    service->session_ended.connect([this](const SessionId& id) { ended.push_back(id); });
    service->user_changed.connect([this](const UserId& id) { changed.push_back(id); });
  }

  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }

  // Waits for the work that was left to the pool: it has one thread, so what is queued now runs last.
  void settle() {
    std::promise<void> done;
    ASSERT_TRUE(pool.try_post([&done] { done.set_value(); }));
    done.get_future().wait();
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
  RecordingMail mail;
  ManualClock clock;
  IdGenerator ids;
  WorkerPool pool{"hash", 1, 64};
  std::unique_ptr<AccountService> service;
  std::vector<SessionId> ended;
  std::vector<UserId> changed;
};

}  // namespace taskgate::accounts
