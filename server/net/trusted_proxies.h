#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace taskgate::net {

// Where a request really came from.
struct ClientOrigin {
  std::string address;
  bool secure = false;
};

// The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Anybody else may write into these headers what
// they like.
class TrustedProxies {
 public:
  // Addresses or CIDR blocks ("10.0.0.0/8", "::1"). Throws std::runtime_error with a sentence naming the one it cannot
  // read.
  explicit TrustedProxies(const std::vector<std::string>& blocks);

  [[nodiscard]] bool trusts(const boost::asio::ip::address& address) const;

  // The peer itself when it is not trusted. Otherwise the rightmost address of X-Forwarded-For that is not trusted:
  // what stands left of it was written by somebody unknown. An entry that is no address ends the search at the last one
  // understood.
  [[nodiscard]] ClientOrigin origin(const boost::asio::ip::address& peer, const Headers& headers) const;

 private:
  struct Block {
    boost::asio::ip::address_v6::bytes_type prefix;  // IPv4 as IPv4-mapped
    unsigned bits;
  };
  std::vector<Block> blocks_;
};

}  // namespace taskgate::net
