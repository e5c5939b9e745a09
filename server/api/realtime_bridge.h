#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/services.h"
#include "api/watched_users.h"
#include "base/async.h"
#include "net/socketio_server.h"

namespace taskgate::api {

// The Socket.IO side of the product: the same services as the HTTP API behind the events of contract/events.yaml.
//
// Policy of every event (contract/events.yaml has the shapes):
//   CONNECT      a valid access token in `auth.token`, or an API key with the scope jobs:read (for jobUpdated only), or
//   none where
//                guests are allowed
//   joinRoom, leaveRoom, sendMessage   members and, where allowed, guests; credentials are checked again on each event
//   jobUpdated   to the owner's sockets only
// Sockets end with their credentials: at once when the session ends (DISCONNECT, they do not come back by themselves),
// and when the access token expires or the user changes (transport closed, so that the client returns with a fresh
// token).
class RealtimeBridge {
 public:
  // Registers middlewares, handlers and signal receivers; call before the server starts. Both outlive the server.
  RealtimeBridge(Services& services, net::SocketIoServer& sockets);

 private:
  using MaybeGuest = std::optional<Principal>;  // nothing: a guest

  // What is kept with each socket.
  struct Caller {
    std::optional<Principal> principal;  // nothing: a guest
    std::string access_token;
    std::shared_ptr<boost::asio::steady_timer> next_look;
  };

  Awaitable<std::optional<net::ConnectError>> admit(net::HandshakePtr handshake);
  void welcome(const net::SocketPtr& socket);
  // Checks the credentials every few seconds, and closes the transport when they have ended.
  void watch(const net::SocketPtr& socket);
  Awaitable<void> look_again(net::SocketPtr socket);
  // Credentials once more. Errors: as AccountService::authenticate; the socket is then told to come back.
  Awaitable<Result<MaybeGuest>> check_caller(net::SocketPtr socket);
  // The same for an event. Nothing when it may not go on: it is answered, and the socket told to come back.
  Awaitable<std::optional<MaybeGuest>> admit_event(net::SocketPtr socket, net::Event event);

  Awaitable<void> join_room(net::SocketPtr socket, net::Event event);
  Awaitable<void> leave_room(net::SocketPtr socket, net::Event event);
  Awaitable<void> send_message(net::SocketPtr socket, net::Event event);
  void announce_job(const jobs::Job& job);

  Services& services_;
  WatchedUsers watched_;
  net::SocketIoServer& sockets_;
};

}  // namespace taskgate::api
