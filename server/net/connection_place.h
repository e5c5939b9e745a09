#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/address_counter.h"

namespace taskgate::net {

struct ServerContext;

// What becomes of a new connection.
enum class Admission : std::uint8_t {
  welcome,
  server_full,   // told so (503), then closed
  address_full,  // told so (429), then closed
  dropped,       // closed without a word: too many are being told already
};

// One place among `connections_max` and among `connections_per_address_max`, held by a connection for its life,
// whatever its protocol. A trusted proxy speaks for many clients, so its connections count for nobody, until one
// belongs to a single client for good: as a WebSocket.
class ConnectionPlace {
 public:
  ConnectionPlace(ServerContext& server, const boost::asio::ip::address& peer);
  ConnectionPlace(ConnectionPlace&& other) noexcept;
  ConnectionPlace& operator=(ConnectionPlace&&) = delete;
  ~ConnectionPlace();

  // Whether there was room when it was taken. Counts and logs those that there was none for.
  [[nodiscard]] Admission admission() const { return admission_; }
  // The connection of a proxy is this client's from now on. False when the client has as many as it may.
  [[nodiscard]] bool dedicate_to(std::string_view client_address);

 private:
  void refused_for_address(const boost::asio::ip::address& client) const;

  ServerContext* server_;
  std::optional<AddressCounter::Client> client_;
  Admission admission_ = Admission::welcome;
};

}  // namespace taskgate::net
