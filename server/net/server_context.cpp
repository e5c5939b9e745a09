#include "net/server_context.h"

namespace taskgate::net {

namespace {

std::array<prometheus::Counter*, 5> request_counters(Metrics& metrics) {
  std::array<prometheus::Counter*, 5> counters{};
  for (std::size_t i = 0; i < counters.size(); ++i) {
    counters[i] = &metrics.counter("taskgate_http_requests_total", "HTTP requests answered, by class of status.",
                                   {{"status", fmt::format("{}xx", i + 1)}});
  }
  return counters;
}

prometheus::Counter& refused_connections(Metrics& metrics, const char* limit) {
  return metrics.counter("taskgate_connections_refused_total",
                         "Connections turned away, by the limit that was reached.", {{"limit", limit}});
}

}  // namespace

ServerContext::ServerContext(ServerOptions server_options, HttpHandler http_handler, WebSocketHandler websocket_handler,
                             Metrics& metrics)
    : options(std::move(server_options)),
      http(std::move(http_handler)),
      websocket(std::move(websocket_handler)),
      proxies(options.trusted_proxies),
      tls(options.tls_certificate_file.empty()
              ? nullptr
              : std::make_unique<TlsIdentity>(options.tls_certificate_file, options.tls_key_file)),
      open_connections(metrics.gauge("taskgate_connections", "Open TCP connections, WebSockets included.")),
      open_websockets(metrics.gauge("taskgate_websockets", "Open WebSocket connections.")),
      refused_total(refused_connections(metrics, "total")),
      refused_address(refused_connections(metrics, "address")),
      requests(request_counters(metrics)),
      request_seconds(
          metrics.histogram("taskgate_http_request_seconds", "From a request's last byte to its answer's.",
                            {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30})) {
  for (std::size_t i = 0; i < std::max<std::size_t>(options.loops, 1); ++i) loops.push_back(std::make_unique<Loop>());
}

Loop* ServerContext::find_loop(const boost::asio::any_io_executor& executor) const {
  for (const auto& loop : loops) {
    if (loop->executor() == executor) return loop.get();
  }
  return nullptr;
}

}  // namespace taskgate::net
