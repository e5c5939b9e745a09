#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sio/engineio_session.h"
#include "sio/socketio_packet.h"

namespace taskgate::sio {

struct SocketIoConnectionOptions {
  std::chrono::milliseconds connect_timeout{45'000};
  std::size_t namespaces_max = 32;
  DecoderLimits packets;
  // Of the Engine.IO protocol. 3: the client speaks Socket.IO 2: it is let into "/" without asking, gives its
  // credentials in the query of the namespace's name, and is told less.
  int revision = 4;
};

// What a connection asks of, and tells, whoever holds the namespaces. Called from within the connection's methods; it
// may call back into the connection, but must not destroy it.
class SocketIoConnectionPort {
 public:
  virtual ~SocketIoConnectionPort() = default;
  virtual void send(const EngineFrame& frame) = 0;
  // The client asks to enter a namespace: answer with accept() or refuse(), now or later. `auth` is a JSON object.
  virtual void on_enter(std::string_view nsp, std::string_view auth) = 0;
  virtual void on_event(std::string_view nsp, Packet packet) = 0;
  virtual void on_ack(std::string_view nsp, std::uint64_t id, const ReceivedArguments& arguments) = 0;
  virtual void on_too_large() = 0;  // attachments over their limits; the connection is closed right after
  // The client, once accepted, is out of the namespace.
  virtual void on_leave(std::string_view nsp, std::string_view reason) = 0;
  // The connection cannot go on: close the transport. on_leave has been called for every namespace.
  virtual void close(std::string_view reason) = 0;
};

// The Socket.IO 5 side of one session as a state machine without I/O: which namespaces it is in, and which packets may
// come when. Whatever the protocol forbids closes the connection. Packets for a namespace that this side has just ended
// are dropped: the client cannot know yet.
class SocketIoConnection {
 public:
  SocketIoConnection(SocketIoConnectionOptions options, SocketIoConnectionPort& port, Moment now);

  // The session below is open.
  void open();
  void receive(std::string_view message, bool binary);
  // Lets the client in under that socket id. False when it has left meanwhile.
  [[nodiscard]] bool accept(std::string_view nsp, std::string_view socket_id);
  // Tells the client why not. `data` is a JSON text, empty for none.
  void refuse(std::string_view nsp, std::string_view message, std::string_view data);
  // Ends one namespace from this side: the client is told and stays away.
  void leave(std::string_view nsp, std::string_view reason);
  // The session below has ended, or is about to.
  void closed(std::string_view reason);

  void tick(Moment now);
  [[nodiscard]] Moment next_deadline() const { return closed_ ? Moment::max() : connect_until_; }
  [[nodiscard]] bool is_closed() const { return closed_; }

 private:
  enum class State : std::uint8_t { deciding, joined, left };
  struct Membership {
    std::string nsp;
    State state = State::deciding;
  };

  Membership* find(std::string_view nsp);
  void handle(Packet packet);
  void handle_connect(std::string_view nsp, std::string_view auth);
  void handle_joined(Packet packet);
  void fail(std::string_view reason);

  SocketIoConnectionPort& port_;
  Decoder decoder_;
  std::size_t namespaces_max_;
  int revision_;
  Moment connect_until_;  // max() once a namespace was joined
  std::vector<Membership> memberships_;
  bool closed_ = false;
};

}  // namespace taskgate::sio
