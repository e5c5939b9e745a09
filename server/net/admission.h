#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/address_counter.h"
#include "sio/token_bucket.h"

namespace taskgate::net {

struct HandshakeRates {
  // Of all clients together, and of one address (IPv4, or the 64-bit network of an IPv6 address): `burst` at once, then
  // so many per second. 0: no limit.
  double per_second = 0;
  double burst = 2'000;
  double per_address_per_second = 0;
  double per_address_burst = 400;
};

// Which handshakes may become sessions now. One address that reconnects without end is refused before it has used up
// what is there for all. Thread-safe.
class HandshakeGate {
 public:
  HandshakeGate(HandshakeRates rates, sio::Moment now);

  // `address` as in Request::peer_address; one that is none counts for nobody in particular.
  [[nodiscard]] bool admit(std::string_view address, sio::Moment now);
  [[nodiscard]] std::size_t addresses() const;  // remembered at the moment

 private:
  [[nodiscard]] bool admit_address(std::string_view address, sio::Moment now);
  void forget_idle(sio::Moment now);

  HandshakeRates rates_;
  mutable std::mutex mutex_;
  sio::TokenBucket all_;
  std::map<AddressCounter::Client, sio::TokenBucket> by_address_;
  std::size_t forget_at_;
};

struct AccountLimits {
  std::size_t sockets_max = 0;   // at a time; 0: any number
  double events_per_second = 0;  // of all its sockets together; 0: no limit
  double events_burst = 400;
};

// What the sockets of one account share, on whatever loops they live.
class AccountBudget {
 public:
  AccountBudget(const AccountLimits& limits, sio::Moment now)
      : events_(limits.events_per_second, limits.events_burst, now) {}
  [[nodiscard]] bool take_event(sio::Moment now);

 private:
  friend class AccountBudgets;
  std::mutex mutex_;
  sio::TokenBucket events_;
  std::size_t sockets_ = 0;  // guarded by the mutex of AccountBudgets
};

class AccountBudgets;

// One socket among those of its account, for as long as it lives. The default has no account and no limits.
class AccountPlace {
 public:
  AccountPlace() = default;
  AccountPlace(AccountBudgets& owner, std::shared_ptr<AccountBudget> budget)
      : owner_(&owner), budget_(std::move(budget)) {}
  AccountPlace(AccountPlace&& other) noexcept;
  AccountPlace& operator=(AccountPlace&& other) noexcept;
  ~AccountPlace() { leave(); }

  [[nodiscard]] bool take_event(sio::Moment now) { return !budget_ || budget_->take_event(now); }
  void leave();

 private:
  AccountBudgets* owner_ = nullptr;
  std::shared_ptr<AccountBudget> budget_;
};

// Thread-safe. Must outlive the places it gave.
class AccountBudgets {
 public:
  explicit AccountBudgets(AccountLimits limits) : limits_(limits) {}

  // Nothing when the account has as many sockets as it may. An empty name is nobody's: always a place, without limits.
  [[nodiscard]] std::optional<AccountPlace> enter(const std::string& account, sio::Moment now);
  [[nodiscard]] std::size_t accounts() const;  // remembered at the moment

 private:
  friend class AccountPlace;
  void leave(AccountBudget& budget);
  void forget_idle(sio::Moment now);

  AccountLimits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<AccountBudget>> budgets_;
  std::size_t forget_at_ = 1'024;
};

}  // namespace taskgate::net
