#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "net/http.h"
#include "net/socketio_client_files.h"
#include "net/socketio_socket.h"
#include "net/websocket.h"

namespace taskgate::net {

class EngineServer;

// Runs when a client asks to enter a namespace; may wait. Returns why the client may not, or nothing when it may.
using Middleware = std::function<Awaitable<std::optional<ConnectError>>(HandshakePtr)>;
using ConnectionHandler = std::function<void(const SocketPtr&)>;

struct SocketIoOptions {
  EngineOptions engine;                               // `engine.path` is "/socket.io/" unless set to something else
  std::chrono::milliseconds connect_timeout{45'000};  // to enter the first namespace
  sio::DecoderLimits packets;
  std::size_t namespaces_per_connection_max = 32;
  std::size_t rooms_per_socket_max = 1'000;
  // Events that one connection may send, entering a namespace among them: a token bucket. What is over is not handled
  // but answered `{ok:false, code:"too_many_requests"}`, or told by an event `$error` with the same when no answer was
  // asked for, or refused by a CONNECT_ERROR. 0: no limit.
  double events_per_second = 0;
  double events_burst = 100;
  // Of all sockets with the same Handshake::account. One socket too many is refused with the code
  // `too_many_connections`, events over the rate as above.
  AccountLimits account;
  // Bytes of the arguments of one event, attachments included; more is not handled but answered like the above, with
  // the code `payload_too_large`. 0: what the transport takes. A WebSocket message beyond that
  // (`engine.max_http_buffer_size`) is told by an `$error` of the same code, then the connection is closed with 1009.
  std::size_t event_bytes_max = 0;
  // The browser builds of the official client, served below the path as the official server does ("socket.io.min.js"),
  // and "version.txt", which is their ETag. They must outlive the server. Empty: not served.
  std::span<const Asset> client_files;
  std::size_t events_waiting_max = 1'000;  // behind a coroutine handler, per socket; more are refused like the above

  SocketIoOptions() { engine.path = "/socket.io/"; }
};

// What happens on the connections at the moment, and has happened since the start.
struct SocketIoStats {
  std::uint64_t polling = 0;  // open sessions by transport
  std::uint64_t websocket = 0;
  std::uint64_t sockets = 0;  // namespace connections
  std::uint64_t events_in = 0;
  std::uint64_t events_out = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t dropped_volatile = 0;
  std::uint64_t closed_full_queue = 0;
  std::uint64_t refused_origin = 0;
  std::uint64_t refused_handshakes = 0;  // 503: a full or stopping server, or too many at a time
};

// One namespace. Configure it before the server starts; afterwards its senders may be used from any thread.
class Namespace {
 public:
  Namespace& use(Middleware middleware);
  Namespace& on_connection(ConnectionHandler handler);
  // Handlers of events from any socket of the namespace.
  Namespace& on(std::string event, EventHandler handler);
  Namespace& on_any(EventHandler handler);  // events that no handler is named for

  [[nodiscard]] Broadcast to(std::string_view room) const;
  [[nodiscard]] Broadcast all() const;
  void emit(std::string_view event, const sio::Arguments& arguments = {}) const;
  // Closes or disconnects every socket in a room, wherever it lives; see Socket::disconnect.
  void disconnect_room(std::string_view room, bool close_transport) const;
  [[nodiscard]] std::size_t size() const;  // sockets connected

 private:
  friend class SocketIoServer;
  Namespace(std::shared_ptr<SocketCore> core, std::size_t index) : core_(std::move(core)), index_(index) {}
  std::shared_ptr<SocketCore> core_;
  std::size_t index_;
};

// A Socket.IO server (protocol 5 over Engine.IO 4) behind an HTTP server: it owns no sockets of its own but is given
// the requests and WebSockets that come in under its path. Sessions are spread over the loops; each lives on one, and
// everything about it happens there.
//
//   SocketIoServer io(options, http_server.loops());
//   io.use(authenticate);                       // Awaitable<std::optional<ConnectError>>(HandshakePtr)
//   io.on_connection([](const SocketPtr& socket) { socket->join("lobby"); });
//   io.on("say", [](const SocketPtr& socket, Event& event) {
//     socket->to("lobby").emit("said", event.arguments.forward());
//     event.ack(R"({"ok":true})");
//   });
//   io.to("lobby").emit("news", R"("hello")");  // from any thread
//
// See examples/chat_example.cpp for a whole program. Namespaces, middlewares and handlers are set before the loops run.
// The server may be destroyed once the loops have ended, or while they run after stop().
class SocketIoServer {
 public:
  // `loops`: one executor per thread, at most 256. Throws std::invalid_argument for a path without the slashes around
  // it and for limits that contradict each other.
  SocketIoServer(SocketIoOptions options, std::vector<boost::asio::any_io_executor> loops);
  ~SocketIoServer();
  SocketIoServer(const SocketIoServer&) = delete;
  SocketIoServer& operator=(const SocketIoServer&) = delete;

  // The namespace of that name, made if it is new. Names begin with "/". Clients asking for any other get "Invalid
  // namespace".
  [[nodiscard]] Namespace of(std::string_view name);

  // The same for the main namespace, "/".
  void use(Middleware middleware) { of("/").use(std::move(middleware)); }
  void on_connection(ConnectionHandler handler) { of("/").on_connection(std::move(handler)); }
  void on(std::string event, EventHandler handler) { of("/").on(std::move(event), std::move(handler)); }
  void on_any(EventHandler handler) { of("/").on_any(std::move(handler)); }
  [[nodiscard]] Broadcast to(std::string_view room) { return of("/").to(room); }
  void emit(std::string_view event, const sio::Arguments& arguments = {}) { of("/").emit(event, arguments); }
  void disconnect_room(std::string_view room, bool close_transport) { of("/").disconnect_room(room, close_transport); }

  // For the HTTP server. `handle_http` answers everything under the path, OPTIONS included; `body_bytes_max` is its
  // limit for bodies.
  [[nodiscard]] bool owns(std::string_view path) const;
  [[nodiscard]] std::size_t body_bytes_max() const;
  [[nodiscard]] Awaitable<Response> handle_http(Request request);
  [[nodiscard]] Awaitable<WebSocketDecision> handle_upgrade(Request request);

  // Counted without stopping anything: the figures may be a moment apart. Any thread.
  [[nodiscard]] SocketIoStats stats() const;

  // Answers new handshakes with 503 from now on; what is open goes on. For the time before stop(). Any thread.
  void refuse_handshakes();
  // Refuses new handshakes and closes the transport of every session, so that clients come back by themselves, to
  // whoever serves then: each at a moment of its own, `engine.closings_per_second` on average, but all within three
  // quarters of `patience`. Returns when that is done, at the latest after `patience`. From any thread but a loop;
  // idempotent.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds{5});

 private:
  std::shared_ptr<SocketCore> core_;
  std::unique_ptr<EngineServer> engine_;
  SocketIoClientFiles client_files_;
};

}  // namespace taskgate::net
