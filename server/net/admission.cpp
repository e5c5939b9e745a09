#include "net/admission.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace taskgate::net {
namespace {

// Addresses are forgotten once their budget is full again; looked at when so many are remembered.
constexpr std::size_t addresses_before_forgetting = 4'096;

}  // namespace

// --- HandshakeGate
// ------------------------------------------------------------------------------------------------------------------

HandshakeGate::HandshakeGate(HandshakeRates rates, sio::Moment now)
    : rates_(rates), all_(rates.per_second, rates.burst, now), forget_at_(addresses_before_forgetting) {}

bool HandshakeGate::admit(std::string_view address, sio::Moment now) {
  const std::lock_guard lock(mutex_);
  return admit_address(address, now) && all_.take(now);
}

bool HandshakeGate::admit_address(std::string_view address, sio::Moment now) {
  if (rates_.per_address_per_second <= 0) return true;
  boost::system::error_code ec;
  const auto client = boost::asio::ip::make_address(std::string(address), ec);
  if (ec) return true;
  if (by_address_.size() >= forget_at_) forget_idle(now);
  const sio::TokenBucket full(rates_.per_address_per_second, rates_.per_address_burst, now);
  return by_address_.try_emplace(AddressCounter::client_of(client), full).first->second.take(now);
}

void HandshakeGate::forget_idle(sio::Moment now) {
  std::erase_if(by_address_, [now](const auto& entry) { return entry.second.is_full(now); });
  forget_at_ = std::max(addresses_before_forgetting, by_address_.size() * 2);
}

std::size_t HandshakeGate::addresses() const {
  const std::lock_guard lock(mutex_);
  return by_address_.size();
}

// --- Accounts
// -----------------------------------------------------------------------------------------------------------------------

bool AccountBudget::take_event(sio::Moment now) {
  const std::lock_guard lock(mutex_);
  return events_.take(now);
}

AccountPlace::AccountPlace(AccountPlace&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), budget_(std::move(other.budget_)) {}

AccountPlace& AccountPlace::operator=(AccountPlace&& other) noexcept {
  if (this == &other) return *this;
  leave();
  owner_ = std::exchange(other.owner_, nullptr);
  budget_ = std::move(other.budget_);
  return *this;
}

void AccountPlace::leave() {
  if (const auto budget = std::exchange(budget_, nullptr)) owner_->leave(*budget);
}

std::optional<AccountPlace> AccountBudgets::enter(const std::string& account, sio::Moment now) {
  if (account.empty()) return AccountPlace();
  const std::lock_guard lock(mutex_);
  if (budgets_.size() >= forget_at_) forget_idle(now);
  auto& budget = budgets_[account];
  if (!budget) budget = std::make_shared<AccountBudget>(limits_, now);
  if (limits_.sockets_max > 0 && budget->sockets_ >= limits_.sockets_max) return std::nullopt;
  ++budget->sockets_;
  return AccountPlace(*this, budget);
}

void AccountBudgets::leave(AccountBudget& budget) {
  const std::lock_guard lock(mutex_);
  --budget.sockets_;
}

// Not at once when the last socket leaves: connecting again must give no new budget.
void AccountBudgets::forget_idle(sio::Moment now) {
  std::erase_if(budgets_, [now](const auto& entry) {
    const std::lock_guard lock(entry.second->mutex_);
    return entry.second->sockets_ == 0 && entry.second->events_.is_full(now);
  });
  forget_at_ = std::max<std::size_t>(1'024, budgets_.size() * 2);
}

std::size_t AccountBudgets::accounts() const {
  const std::lock_guard lock(mutex_);
  return budgets_.size();
}

}  // namespace taskgate::net
