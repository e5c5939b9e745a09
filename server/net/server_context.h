#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "net/address_counter.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/tls_identity.h"
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
  std::unique_ptr<TlsIdentity> tls;  // null: plain HTTP
  std::atomic<std::size_t> connections{0};
  prometheus::Gauge& open_connections;
  prometheus::Gauge& open_websockets;
  AddressCounter addresses;
  prometheus::Counter& refused_total;
  prometheus::Counter& refused_address;
  std::atomic<std::chrono::steady_clock::rep> warned_of_address{0};
  std::array<prometheus::Counter*, 5> requests;  // by the first digit of the status, 1 to 5
  prometheus::Histogram& request_seconds;
  std::vector<std::unique_ptr<Loop>> loops;  // last: their connections refer to the rest
};

}  // namespace taskgate::net
