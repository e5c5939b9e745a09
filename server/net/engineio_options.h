#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/metrics.h"
#include "net/admission.h"
#include "net/http.h"

namespace taskgate::net {

// Who may call from a browser, with the semantics of the npm package `cors`. Off unless one of `any_origin` and
// `origin_allowed` is set. The headers are on every answer, errors included.
struct CorsOptions {
  bool any_origin = false;  // `Access-Control-Allow-Origin: *`
  // Allows single origins, which are reflected. When set, WebSocket handshakes that carry an Origin it refuses are
  // refused too (browsers apply no CORS to them); requests without an Origin are not from a page and pass.
  std::function<bool(std::string_view origin, const Request& request)> origin_allowed;
  bool credentials = false;
  std::string methods = "GET,HEAD,PUT,PATCH,POST,DELETE";
  std::string allowed_headers;  // empty: reflects Access-Control-Request-Headers
  std::string exposed_headers;
  std::optional<std::chrono::seconds> max_age;

  [[nodiscard]] bool enabled() const { return any_origin || origin_allowed; }
};

// A cookie that carries the session id, for load balancers that route by it. Set on the handshake's answer only.
struct SessionCookie {
  std::string name = "io";
  std::string path = "/";  // empty: no Path attribute
  bool http_only = true;
  std::string same_site = "Lax";
};

// Everything about Engine.IO that can be chosen; the defaults are those of the official server.
struct EngineOptions {
  std::string path = "/engine.io/";  // requests whose path begins with this are ours
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::chrono::milliseconds close_timeout{30'000};  // how long a closing session waits for a poll to carry the close
  std::size_t max_http_buffer_size = 1'000'000;     // bytes of one message, or of one polling body
  bool polling = true;
  bool websocket = true;
  bool allow_upgrades = true;
  // Serves clients of revision 3 of the protocol too (Socket.IO 1 and 2, of before 2020), without JSONP.
  bool allow_revision_3 = false;
  CorsOptions cors;
  // The answer to a poll is compressed (gzip, or deflate) when it has at least so many bytes, a packet in it allows it
  // (EmitOptions::compress) and the client accepts it. 0: never.
  std::size_t http_compression_threshold = 1'024;
  std::optional<SessionCookie> cookie;
  // Asked once per handshake, before a session is made. A text refuses it: 403 with that text.
  std::function<Awaitable<std::optional<std::string>>(const Request& request)> allow_request;

  // Where sessions by transport, refused handshakes and readers that were too slow are measured (taskgate_socket_…);
  // outlives the server. Empty: nowhere.
  Metrics* metrics = nullptr;

  std::size_t sessions_max = 20'000;  // all loops together; above, handshakes are answered 503 with Retry-After
  HandshakeRates handshakes;          // what is over is answered in the same way
  // At the end sessions are closed at moments spread at random, so many per second on average, so that their clients do
  // not come back all at once; see SocketIoServer::stop.
  double closings_per_second = 500;
  // Bytes waiting to be sent on one connection, and `queued_message_cost` for each message. Above the soft limit
  // volatile events are dropped and coalesced ones wait; above the hard limit the connection is closed with the reason
  // `outgoing queue full`.
  std::size_t outgoing_soft_bytes = 1'000'000;
  std::size_t outgoing_hard_bytes = 8'000'000;
};

// The request that opened a session, as far as it is kept.
struct EngineHandshake {
  Headers headers;
  std::vector<std::pair<std::string, std::string>> query;
  std::string target;
  std::string peer_address;
  bool secure = false;
  int revision = 4;     // of the Engine.IO protocol
  bool base64 = false;  // revision 3: the client takes binary messages as base64 only
};

enum class EngineTransport : std::uint8_t { polling, websocket };

}  // namespace taskgate::net
