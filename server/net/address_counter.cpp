#include "net/address_counter.h"

#include <algorithm>

namespace taskgate::net {

namespace ip = boost::asio::ip;

// IPv4 addresses take the place of the prefix 64:ff9b::/64 (RFC 6052), from which no connection comes.
AddressCounter::Client AddressCounter::client_of(const ip::address& address) {
  Client client{};
  if (address.is_v6() && !address.to_v6().is_v4_mapped()) {
    const auto bytes = address.to_v6().to_bytes();
    std::copy_n(bytes.begin(), client.size(), client.begin());
    return client;
  }
  const auto v4 = address.is_v4() ? address.to_v4() : ip::make_address_v4(ip::v4_mapped, address.to_v6());
  client = {0x00, 0x64, 0xff, 0x9b};
  const auto bytes = v4.to_bytes();
  std::copy(bytes.begin(), bytes.end(), client.begin() + 4);
  return client;
}

std::size_t AddressCounter::enter(const Client& client) {
  const std::lock_guard lock(mutex_);
  return ++counts_[client];
}

void AddressCounter::leave(const Client& client) {
  const std::lock_guard lock(mutex_);
  const auto count = counts_.find(client);
  if (count != counts_.end() && --count->second == 0) counts_.erase(count);
}

std::size_t AddressCounter::clients() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace taskgate::net
