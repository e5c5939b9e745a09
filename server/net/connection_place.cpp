#include "net/connection_place.h"

#include <chrono>
#include <string>
#include <utility>

#include "base/log.h"
#include "net/server_context.h"

namespace taskgate::net {

namespace {

// Connections over a limit are told so, but only as many at a time as this; the rest is dropped.
constexpr std::size_t turned_away_max = 256;
constexpr std::size_t turned_away_per_address_max = 8;
constexpr std::chrono::seconds warn_every{60};

}  // namespace

ConnectionPlace::ConnectionPlace(ServerContext& server, const boost::asio::ip::address& peer) : server_(&server) {
  const auto others = server.connections.fetch_add(1, std::memory_order_relaxed);
  server.open_connections.Increment();
  const auto most = server.options.connections_max;
  if (others >= most) {
    admission_ = others < most + turned_away_max ? Admission::server_full : Admission::dropped;
    server.refused_total.Increment();
    return;
  }
  const auto most_of_one = server.options.connections_per_address_max;
  if (most_of_one == 0 || server.proxies.trusts(peer)) return;
  client_ = AddressCounter::client_of(peer);
  const auto of_client = server.addresses.enter(*client_);
  if (of_client <= most_of_one) return;
  const bool told = of_client <= most_of_one + turned_away_per_address_max;
  admission_ = told ? Admission::address_full : Admission::dropped;
  refused_for_address(peer);
}

ConnectionPlace::ConnectionPlace(ConnectionPlace&& other) noexcept
    : server_(std::exchange(other.server_, nullptr)),
      client_(std::exchange(other.client_, std::nullopt)),
      admission_(other.admission_) {}

ConnectionPlace::~ConnectionPlace() {
  if (server_ == nullptr) return;
  server_->connections.fetch_sub(1, std::memory_order_relaxed);
  server_->open_connections.Decrement();
  if (client_) server_->addresses.leave(*client_);
}

bool ConnectionPlace::dedicate_to(std::string_view client_address) {
  const auto most_of_one = server_->options.connections_per_address_max;
  if (client_ || most_of_one == 0) return true;
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(std::string(client_address), ec);
  if (ec || server_->proxies.trusts(address)) return true;
  client_ = AddressCounter::client_of(address);
  if (server_->addresses.enter(*client_) <= most_of_one) return true;
  refused_for_address(address);
  return false;
}

// Whoever runs a proxy and has not said so sees everybody under one address.
void ConnectionPlace::refused_for_address(const boost::asio::ip::address& client) const {
  server_->refused_address.Increment();
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  auto warned = server_->warned_of_address.load(std::memory_order_relaxed);
  const auto pause = std::chrono::duration_cast<std::chrono::steady_clock::duration>(warn_every).count();
  if (warned != 0 && now - warned < pause) return;
  if (!server_->warned_of_address.compare_exchange_strong(warned, now, std::memory_order_relaxed)) return;
  log::warning("an address has CONNECTIONS_PER_ADDRESS_MAX connections; if it is a proxy, name it in TRUSTED_PROXIES",
               {{"address", client.to_string()}});
}

}  // namespace taskgate::net
