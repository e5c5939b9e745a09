#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace taskgate::net {

// How many connections each client has. A client is an IPv4 address, or the first 64 bits of an IPv6 address: whoever
// has one of those has all of them. Thread-safe.
class AddressCounter {
 public:
  using Client = std::array<std::uint8_t, 8>;
  [[nodiscard]] static Client client_of(const boost::asio::ip::address& address);

  // One more; how many there are now.
  std::size_t enter(const Client& client);
  void leave(const Client& client);
  [[nodiscard]] std::size_t clients() const;

 private:
  mutable std::mutex mutex_;
  std::map<Client, std::size_t> counts_;
};

}  // namespace taskgate::net
