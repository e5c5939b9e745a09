#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace taskgate::accounts {

struct LoginThrottleOptions {
  int account_failures_free = 10;                // wrong passwords in a row for one account before it must wait
  int client_failures_free = 50;                 // and from one network, whatever the accounts
  int attempts_max = 100;                        // failures and running attempts together, for one account
  std::chrono::milliseconds first_delay{1'000};  // doubles with every further failure
  std::chrono::milliseconds longest_delay{std::chrono::minutes{15}};
  std::chrono::milliseconds forgotten_after{std::chrono::hours{24}};  // without a failure
  std::size_t keys_max = 100'000;
};

// Slows down the guessing of passwords. Only failures count, so any number of correct sign-ins at once passes; an
// account's failures are forgotten at a success. An account is named by its canonical address whether it exists or not,
// so the answers are the same. A network that has signed in to an account before is counted apart from everybody else
// for it: an attacker cannot lock its owner out. Thread-safe; kept in memory only.
class LoginThrottle {
 public:
  LoginThrottle() : LoginThrottle(LoginThrottleOptions{}) {}
  explicit LoginThrottle(LoginThrottleOptions options);

  // One attempt that is being checked. Say how it ended; saying nothing counts as neither.
  class Attempt {
   public:
    Attempt(Attempt&& other) noexcept;
    Attempt& operator=(Attempt&&) = delete;
    ~Attempt();
    void failed(Time now);
    void succeeded();

   private:
    friend class LoginThrottle;
    Attempt(LoginThrottle& throttle, std::string account, std::string network, std::string key);
    LoginThrottle* throttle_;  // null when moved from
    std::string account_;      // canonical address
    std::string network_;
    std::string key_;  // what the account's failures are counted under
  };

  // Nothing, and in `retry_after` for how long, when the caller has to wait. `address` is the client's IP.
  [[nodiscard]] std::optional<Attempt> begin(const std::string& account, const std::string& address, Time now,
                                             std::chrono::milliseconds& retry_after);
  // Forgets an account's failures, those of the networks it is known from too: its owner has proven to be one in
  // another way. Walks over all keys; for rare events such as a reset password.
  void forgive(const std::string& account);

 private:
  struct Entry {
    std::string key;
    int failures = 0;
    int running = 0;
    Time last_failure;
    Time blocked_until;
  };
  using Entries = std::list<Entry>;  // the most recently used first

  Entry& entry(const std::string& key);
  void add_failure(const std::string& key, int failures_free, Time now);

  LoginThrottleOptions options_;
  std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> index_;
};

// The network of a client as limits see it: an IPv4 address, the /64 of an IPv6 address; what is no address stands for
// itself.
[[nodiscard]] std::string network_of(const std::string& address);

}  // namespace taskgate::accounts
