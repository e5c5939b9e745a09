#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/trusted_proxies.h"

namespace taskgate::net {

// What all connections of a server share; outlives them.
struct ServerContext {
  ServerContext(ServerOptions server_options, HttpHandler http_handler, WebSocketHandler websocket_handler,
                Metrics& metrics);

  // The loop behind an executor; null when it is none of this server.
  [[nodiscard]] Loop* find_loop(const boost::asio::any_io_executor& executor) const;

  ServerOptions options;
  HttpHandler http;
  WebSocketHandler websocket;
  TrustedProxies proxies;
  std::atomic<std::size_t> connections{0};
  prometheus::Gauge& open_connections;
  prometheus::Gauge& open_websockets;
  std::array<prometheus::Counter*, 5> requests;  // by the first digit of the status, 1 to 5
  prometheus::Histogram& request_seconds;
  std::vector<std::unique_ptr<Loop>> loops;  // last: their connections refer to the rest
};

// One place among `connections_max`, held by a connection for its life, whatever its protocol.
class ConnectionPlace {
 public:
  explicit ConnectionPlace(ServerContext& server) : server_(&server) {
    server.connections.fetch_add(1, std::memory_order_relaxed);
    server.open_connections.Increment();
  }
  ConnectionPlace(ConnectionPlace&& other) noexcept : server_(std::exchange(other.server_, nullptr)) {}
  ConnectionPlace& operator=(ConnectionPlace&&) = delete;
  ~ConnectionPlace() {
    if (server_ == nullptr) return;
    server_->connections.fetch_sub(1, std::memory_order_relaxed);
    server_->open_connections.Decrement();
  }

 private:
  ServerContext* server_;
};

}  // namespace taskgate::net
