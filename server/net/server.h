#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "net/http.h"
#include "net/websocket.h"

namespace taskgate::net {

// Every limit of the HTTP side, with its default.
struct ServerOptions {
  std::string host = "0.0.0.0";
  std::uint16_t port = 3000;  // 0: any free one; see Server::port
  std::size_t loops = 2;      // event loops, one thread each
  std::size_t connections_max = 20'000;
  // Of one IPv4 address or one IPv6 network of 64 bits; 0: any number. Behind a trusted proxy only WebSockets count,
  // for the address that was forwarded.
  std::size_t connections_per_address_max = 1'000;
  std::size_t header_bytes_max = 16 * 1024;
  std::chrono::milliseconds header_timeout{
      10'000};  // from the first byte of a request (or from accept) to the end of its header
  std::chrono::milliseconds body_timeout{30'000};        // to the end of its body
  std::chrono::milliseconds keep_alive_timeout{60'000};  // idle between requests
  std::chrono::milliseconds write_timeout{30'000};
  std::vector<std::string> trusted_proxies;  // addresses or CIDR blocks whose X-Forwarded-For/-Proto are believed
  // With both, the server speaks TLS and nothing else; see TlsIdentity. The constructor of Server throws when they
  // cannot be used.
  std::string tls_certificate_file;
  std::string tls_key_file;
  bool access_log = true;
  // What the access log shows in place of a request's path, which may hold a secret; empty, or no function: the path.
  // The view outlives the server. Asked once per request after its header is read.
  std::function<std::string_view(const Request&)> logged_path;
  // The largest body accepted on a path, in bytes; asked once per request after its header is read.
  std::function<std::size_t(const Request&)> body_bytes_max;
  // A last look at an answer that the session itself gives instead of the handler's (400, 408, 413, 431, …), to add
  // CORS fields or change the body. The request holds what was understood of it: its path may be empty. Runs on a loop,
  // must not throw.
  std::function<void(const Request&, Response&)> on_refusal;
};

// HTTP/1.1 and WebSocket on several loops. Each loop is one thread with its own listening socket (SO_REUSEPORT); a
// connection lives on the loop that accepted it, unless a WebSocketDecision moves it.
//
// Life: construct → start() → (serve) → stop() → destroy. start() throws std::runtime_error with a sentence for the
// operator when the address cannot be bound (in use, no permission). stop() is the graceful end, called from any thread
// but a loop: stops accepting, answers `Connection: close`, gives running requests up to `grace` to finish, closes
// WebSockets with 1001, then joins the threads.
class Server {
 public:
  Server(ServerOptions options, HttpHandler http, WebSocketHandler websocket, Metrics& metrics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();
  // Refuses new connections from now on; those that are open go on. For the time before stop().
  void stop_accepting();
  void stop(std::chrono::milliseconds grace);
  [[nodiscard]] std::uint16_t port() const;  // the bound one, after start()
  // The loops' executors, one per thread, in a fixed order; valid from construction to destruction.
  [[nodiscard]] std::vector<boost::asio::any_io_executor> loops() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace taskgate::net
