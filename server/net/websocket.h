#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace taskgate::net {

// One message, framed or not yet, shared by all its receivers.
struct WebSocketMessage {
  std::shared_ptr<const std::string> payload;
  bool binary = false;
};

// What a queued message costs besides its payload: many small ones must count, too.
inline constexpr std::size_t queued_message_cost = 64;

// The server's end of one open WebSocket (RFC 6455). Every call and every callback happens on `executor()`, the loop
// that owns the connection. Messages are sent in the order given, from a queue counted in bytes. After `on_close` the
// calls do nothing, and the object may be kept as long as one likes; before, it must not outlive the server.
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;
  // Queues a message. Ignored after close.
  virtual void send(WebSocketMessage message) = 0;
  // Bytes queued and not yet handed to the kernel: the payloads, and `queued_message_cost` for each message.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  // Sends what is queued, then a close frame (code 1000 or 1001 … 4999; 0: none given), then ends. Idempotent.
  virtual void close(std::uint16_t code = 0, std::string_view reason = {}) = 0;
  // Ends at once, without a close frame; what is queued is lost.
  virtual void abort() = 0;
};

// What the owner of an accepted WebSocket is told. `on_close` is the last call, exactly once: `clean` says whether a
// close frame was received. A text message is valid UTF-8 (else the connection was closed with 1007); a message over
// the limit closes with 1009.
struct WebSocketEvents {
  std::function<void(std::string_view message, bool binary)> on_message;
  std::function<void()> on_drained;  // the queue became empty after it was not; may be empty
  std::function<void()>
      on_too_large;  // a message is over the limit: a last word may be sent before the 1009; may be empty
  std::function<void(bool clean)> on_close;
};

// What is decided about a request to upgrade, before 101 is sent. `refusal` set: answered as an HTTP response and
// closed. `accept` set: it is called on `executor` once the handshake is complete, and returns the callbacks. The
// connection moves to `executor` (a loop of this server) for the rest of its life; leave it empty to stay.
// `message_bytes_max` bounds one message.
struct WebSocketDecision {
  std::optional<Response> refusal;
  std::function<WebSocketEvents(std::shared_ptr<WebSocket>)> accept;
  boost::asio::any_io_executor executor;
  std::size_t message_bytes_max = 1'000'000;
};

// Called for each upgrade request (`Upgrade: websocket`), on the connection's loop.
using WebSocketHandler = std::function<Awaitable<WebSocketDecision>(Request)>;

}  // namespace taskgate::net
