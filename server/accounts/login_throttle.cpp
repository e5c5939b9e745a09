#include "accounts/login_throttle.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace taskgate::accounts {

namespace {

// Keys of the three kinds of entry; a canonical address has no space.
std::string client_key(const std::string& network) { return "from " + network; }
std::string known_key(const std::string& account, const std::string& network) { return account + " from " + network; }

}  // namespace

LoginThrottle::LoginThrottle(LoginThrottleOptions options) : options_(options) {}

LoginThrottle::Entry& LoginThrottle::entry(const std::string& key) {
  if (const auto found = index_.find(key); found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front();
  }
  if (entries_.size() >= options_.keys_max && entries_.back().running == 0) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({});
  entries_.front().key = key;
  index_[key] = entries_.begin();
  return entries_.front();
}

void LoginThrottle::add_failure(const std::string& key, int failures_free, Time now) {
  Entry& counted = entry(key);
  if (now - counted.last_failure > options_.forgotten_after) counted.failures = 0;
  ++counted.failures;
  counted.last_failure = now;
  const int excess = counted.failures - failures_free;
  if (excess <= 0) return;
  const auto delay = options_.first_delay * (std::int64_t{1} << std::min(excess - 1, 30));
  counted.blocked_until = now + std::min(delay, options_.longest_delay);
}

std::optional<LoginThrottle::Attempt> LoginThrottle::begin(const std::string& account, const std::string& address,
                                                           Time now, std::chrono::milliseconds& retry_after) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  const std::string known = known_key(account, network);
  const std::string key = index_.contains(known) ? known : account;
  const Time blocked_until = std::max(entry(key).blocked_until, entry(client_key(network)).blocked_until);
  if (blocked_until > now) {
    retry_after = blocked_until - now;
    return std::nullopt;
  }
  Entry& counted = entry(key);
  const bool forgotten = now - counted.last_failure > options_.forgotten_after;
  if ((forgotten ? 0 : counted.failures) + counted.running >= options_.attempts_max) {
    retry_after = options_.first_delay;
    return std::nullopt;
  }
  ++counted.running;
  return Attempt(*this, account, network, key);
}

void LoginThrottle::forgive(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const std::string known = known_key(account, "");
  for (Entry& each : entries_) {
    if (each.key != account && !each.key.starts_with(known)) continue;
    each.failures = 0;
    each.blocked_until = {};
  }
}

LoginThrottle::Attempt::Attempt(LoginThrottle& throttle, std::string account, std::string network, std::string key)
    : throttle_(&throttle), account_(std::move(account)), network_(std::move(network)), key_(std::move(key)) {}

LoginThrottle::Attempt::Attempt(Attempt&& other) noexcept
    : throttle_(std::exchange(other.throttle_, nullptr)),
      account_(std::move(other.account_)),
      network_(std::move(other.network_)),
      key_(std::move(other.key_)) {}

LoginThrottle::Attempt::~Attempt() {
  if (throttle_ == nullptr) return;
  const std::lock_guard lock(throttle_->mutex_);
  Entry& counted = throttle_->entry(key_);
  counted.running = std::max(0, counted.running - 1);
}

void LoginThrottle::Attempt::failed(Time now) {
  const std::lock_guard lock(throttle_->mutex_);
  throttle_->add_failure(key_, throttle_->options_.account_failures_free, now);
  throttle_->add_failure(client_key(network_), throttle_->options_.client_failures_free, now);
}

void LoginThrottle::Attempt::succeeded() {
  const std::lock_guard lock(throttle_->mutex_);
  Entry& counted = throttle_->entry(key_);
  counted.failures = 0;
  counted.blocked_until = {};
  (void)throttle_->entry(known_key(account_, network_));
}

std::string network_of(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (error || parsed.is_v4()) return address;
  const auto v6 = parsed.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return boost::asio::ip::make_address_v6(bytes).to_string() + "/64";
}

}  // namespace taskgate::accounts
