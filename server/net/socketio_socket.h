#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/async.h"
#include "net/engineio_options.h"
#include "sio/socketio_packet.h"

namespace taskgate::net {

class Socket;
class Broadcast;
class SocketCore;
using SocketPtr = std::shared_ptr<Socket>;

// Why a client may not enter a namespace; the client gets it as `connect_error`. `data` is a JSON text, empty for none.
struct ConnectError {
  std::string message;
  std::string data;
};

// A client that asks to enter a namespace. Middlewares share it; what they leave in `data` becomes the socket's.
struct Handshake {
  std::string nsp;
  std::string auth = "{}";                         // the JSON object the client gave as `auth`
  std::shared_ptr<const EngineHandshake> request;  // the HTTP request that opened the connection
  std::shared_ptr<void> data;  // whatever the application knows of the client, such as its Principal
  // Whose limits the socket counts against (SocketIoOptions::account), set by a middleware; empty: nobody's.
  std::string account;
};
using HandshakePtr = std::shared_ptr<Handshake>;

// Answers one event, at most once; further calls do nothing. Copyable, and usable after the handler has returned, from
// any thread.
class Ack {
 public:
  Ack() = default;
  Ack(std::weak_ptr<Socket> socket, std::uint64_t id);
  // Whether the client asked for an answer; if not, answering does nothing.
  [[nodiscard]] bool wanted() const { return state_ != nullptr; }
  [[nodiscard]] bool answered() const;
  void operator()(const sio::Arguments& arguments = {}) const;

 private:
  struct State {
    std::weak_ptr<Socket> socket;
    std::uint64_t id = 0;
    std::atomic<bool> answered{false};
  };
  std::shared_ptr<State> state_;
};

// One event from a client.
struct Event {
  std::string name;
  sio::ReceivedArguments arguments;
  Ack ack;
};

// How an event is sent.
struct EmitOptions {
  bool is_volatile = false;   // drop it when the connection cannot take it at once
  std::string coalesce = {};  // above the soft limit, only the latest event with the same key is kept
  bool compress = true;       // false: not worth compressing (data that is compressed already)
};

// What the client answered, or nothing when it did not in time or left.
using AckReply = std::function<void(std::optional<sio::ReceivedArguments>)>;

// A handler is a plain function, or a coroutine: a callable that returns Awaitable<void>. Events of one socket are
// handled one after another: the next begins when the coroutine of the one before it has ended. What a handler throws
// is logged and answered
// `{ok:false, code:"unavailable"}` (StoreFailure) or `"internal_error"`, if an answer was asked for and not yet given.
using PlainHandler = std::function<void(const SocketPtr&, Event&)>;
using CoroutineHandler = std::function<Awaitable<void>(SocketPtr, Event)>;

class EventHandler {
 public:
  EventHandler() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, EventHandler>)
      EventHandler(F handler) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::is_invocable_r_v<Awaitable<void>, F&, SocketPtr, Event>) {
      coroutine = std::move(handler);
    } else {
      plain = std::move(handler);
    }
  }
  explicit operator bool() const { return plain || coroutine; }

  PlainHandler plain;
  CoroutineHandler coroutine;
};

// One client in one namespace. It belongs to one loop: call its methods there only (in handlers, and in coroutines
// begun by them); from elsewhere address it with `server.to(id)`. All calls are harmless after the socket has
// disconnected.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  virtual ~Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] virtual const std::string& id() const = 0;  // public: may be shown to other clients
  [[nodiscard]] virtual const std::string& nsp() const = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;
  [[nodiscard]] virtual const Handshake& handshake() const = 0;
  [[nodiscard]] virtual EngineTransport transport() const = 0;

  template <class T>
  [[nodiscard]] T* data() const {
    return static_cast<T*>(handshake().data.get());
  }
  virtual void set_data(std::shared_ptr<void> data) = 0;

  // Handlers of this socket alone; they come before those of the namespace, which cost no memory per socket.
  virtual void on(std::string event, EventHandler handler) = 0;
  virtual void on_any(EventHandler handler) = 0;  // events that no handler is named for
  // Called once, with the reason of the protocol: `transport close`, `ping timeout`, `client namespace disconnect`,
  // `server namespace disconnect`, `server shutting down`, `parse error`, … Rooms are still joined then.
  virtual void on_disconnect(std::function<void(std::string_view reason)> handler) = 0;

  virtual void emit(std::string_view event, const sio::Arguments& arguments = {}, const EmitOptions& options = {}) = 0;
  // `reply` is called exactly once, on the loop.
  virtual void emit_with_ack(std::string_view event, const sio::Arguments& arguments, std::chrono::milliseconds timeout,
                             AckReply reply) = 0;
  // The same for coroutines.
  [[nodiscard]] Awaitable<std::optional<sio::ReceivedArguments>> call(std::string event, sio::Arguments arguments,
                                                                      std::chrono::milliseconds timeout);

  // False when the limit of rooms per socket is reached. Joining twice is joining once. The socket is always in the
  // room of its id.
  virtual bool join(std::string_view room) = 0;
  virtual void leave(std::string_view room) = 0;
  [[nodiscard]] virtual bool in(std::string_view room) const = 0;
  [[nodiscard]] virtual std::vector<std::string> rooms() const = 0;
  // Everybody in the room but this socket.
  [[nodiscard]] virtual Broadcast to(std::string_view room) = 0;
  // Everybody in the namespace but this socket.
  [[nodiscard]] virtual Broadcast broadcast() = 0;

  // Tells the client to leave the namespace; it will not come back by itself. With `close_transport` the connection is
  // closed instead, and the client reconnects, with fresh credentials.
  virtual void disconnect(bool close_transport = false) = 0;

 protected:
  Socket() = default;

 private:
  friend class Ack;
  virtual void answer(std::uint64_t id, const sio::Arguments& arguments) = 0;
};

// What is told of a socket that may live on another loop.
struct SocketInfo {
  std::string id;
  std::vector<std::string> rooms;
  std::shared_ptr<const EngineHandshake> request;
  std::shared_ptr<void> data;  // the socket's own: read it only if the application made it safe to read from any thread
};

// Some sockets of a namespace: the union of the rooms of `to` (all, without any) less those of `except`, each socket
// once. Usable from any thread. Events of one thread reach each socket in the order sent.
class Broadcast {
 public:
  Broadcast(std::shared_ptr<SocketCore> core, std::size_t nsp) : core_(std::move(core)), nsp_(nsp) {}

  Broadcast& to(std::string_view room) &;
  Broadcast&& to(std::string_view room) &&;
  Broadcast& except(std::string_view room) &;  // the id of a socket is a room
  Broadcast&& except(std::string_view room) &&;
  Broadcast&& volatile_() &&;
  Broadcast&& coalesce(std::string_view key) &&;
  Broadcast&& compress(bool wanted) &&;
  Broadcast&& local() &&;  // this process only; for the day there are several

  // Encoded once, posted once to each loop that has sockets of the namespace.
  void emit(std::string_view event, const sio::Arguments& arguments = {}) const;
  void join(std::string_view room) const;
  void leave(std::string_view room) const;
  void disconnect(bool close_transport = false) const;  // as Socket::disconnect
  [[nodiscard]] Awaitable<std::vector<SocketInfo>> fetch_sockets() const;

 private:
  friend class SocketCore;
  static Awaitable<std::vector<SocketInfo>> fetch(Broadcast self);

  std::shared_ptr<SocketCore> core_;
  std::size_t nsp_ = 0;
  std::vector<std::string> rooms_;
  std::vector<std::string> except_;
  EmitOptions options_;
};

}  // namespace taskgate::net
