#include "api/realtime_bridge.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/error_response.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"

namespace taskgate::api {

namespace {

// Changes made by this program are heard of at once. Those made by others (the command line, a hand in the database)
// are not, and must be seen within 5 seconds, of which the cache of the accounts may take 2.
constexpr std::chrono::milliseconds look_again_after{2'500};

std::string user_room(const UserId& id) { return "user:" + to_string(id); }
// Rooms that people name, apart from the server's own and from the room each socket has under its id.
std::string public_room(std::string_view room_id) { return "room:" + std::string(room_id); }
std::string session_room(const SessionId& id) { return "session:" + to_string(id); }
std::string key_room(const ApiKeyId& id) { return "session:key:" + to_string(id); }

// A key is for watching jobs; rooms are for people.
std::optional<Error> refuse_key(const std::optional<Principal>& caller) {
  if (!caller || !caller->key) return std::nullopt;
  return Error{ErrorCode::forbidden, "insufficient_scope", "An API key may watch jobs only", {}, {}};
}

// How others in a room know a socket. The id of a Socket.IO 2 client is that of its session, which is its secret.
std::string public_id(const net::Socket& socket) {
  if (socket.handshake().request->revision != 3) return socket.id();
  const Sha256Digest digest = sha256(socket.id());
  return to_base64url(std::string(digest.begin(), digest.end())).substr(0, 20);
}

// A Socket.IO 2 client gives its token in the query: `query: {token}`.
std::string query_token(const net::EngineHandshake& request) {
  if (request.revision != 3) return {};
  for (const auto& [name, value] : request.query) {
    if (name == "token") return value;
  }
  return {};
}

// The token of CONNECT's `auth`: empty when there is none; errors when it is not a string.
Result<std::string> given_token(const std::string& auth) {
  auto value = parse_json(auth);
  if (!value) return value.error();
  const auto* fields = value->if_object();
  const auto* token = fields == nullptr ? nullptr : fields->if_contains("token");
  if (token == nullptr || token->is_null()) return std::string{};
  if (!token->is_string()) return validation_failed("token", "token must be a string");
  return std::string(token->get_string());
}

net::ConnectError connect_error(const Error& error) {
  JsonWriter data;
  data.begin_object().member("code", error.reason).end_object();
  return {error.message, data.take()};
}

// Answers an event that failed: by its acknowledgement, or by an event `$error` when none was asked for, so that
// nothing fails silently.
void refuse(const net::SocketPtr& socket, const net::Event& event, const Error& error) {
  auto answer = error_acknowledgement(error);
  if (event.ack.wanted()) {
    event.ack(std::move(answer));
  } else {
    socket->emit("$error", std::move(answer));
  }
}

Result<std::string> room_argument(const net::Event& event) {
  auto value =
      event.arguments.size() == 0 ? Result<boost::json::value>(boost::json::value()) : event.arguments.parse(0);
  if (!value) return value.error();
  if (!value->is_string()) return validation_failed("roomId", "roomId must be a string");
  return std::string(value->get_string());
}

struct Draft {
  std::string room_id;
  std::string message;
};

Result<Draft> draft_argument(const net::Event& event) {
  auto value =
      event.arguments.size() == 0 ? Result<boost::json::value>(boost::json::value()) : event.arguments.parse(0);
  if (!value) return value.error();
  const auto* fields = value->if_object();
  if (fields == nullptr)
    return Error{ErrorCode::bad_request, "validation_failed", "Send one object: {roomId, message}", {}, {}};
  std::vector<FieldError> errors;
  const auto text = [&](std::string_view name) -> std::string {
    const auto* field = fields->if_contains(name);
    if (field != nullptr && field->is_string()) return std::string(field->get_string());
    errors.push_back({std::string(name), std::string(name) + " must be a string"});
    return {};
  };
  Draft draft{text("roomId"), text("message")};
  if (!errors.empty()) return validation_failed(std::move(errors));
  return draft;
}

}  // namespace

RealtimeBridge::RealtimeBridge(Services& services, net::SocketIoServer& sockets)
    : services_(services), sockets_(sockets) {
  sockets_.use([this](net::HandshakePtr handshake) { return admit(std::move(handshake)); });
  sockets_.on_connection([this](const net::SocketPtr& socket) { welcome(socket); });
  sockets_.on("joinRoom", [this](net::SocketPtr socket, net::Event event) {
    return join_room(std::move(socket), std::move(event));
  });
  sockets_.on("leaveRoom", [this](net::SocketPtr socket, net::Event event) {
    return leave_room(std::move(socket), std::move(event));
  });
  sockets_.on("sendMessage", [this](net::SocketPtr socket, net::Event event) {
    return send_message(std::move(socket), std::move(event));
  });
  sockets_.on_any([](const net::SocketPtr& socket, net::Event& event) {
    refuse(socket, event, {ErrorCode::not_found, "unknown_event", "There is no such event", {}, {}});
  });

  services_.jobs.job_changed.connect([this](const jobs::Job& job) { announce_job(job); });
  services_.accounts.session_ended.connect(
      [this](const SessionId& id) { sockets_.disconnect_room(session_room(id), false); });
  services_.accounts.api_key_ended.connect(
      [this](const ApiKeyId& id) { sockets_.disconnect_room(key_room(id), false); });
  services_.accounts.user_changed.connect([this](const UserId& id) { sockets_.disconnect_room(user_room(id), true); });
}

Awaitable<std::optional<net::ConnectError>> RealtimeBridge::admit(net::HandshakePtr handshake) {
  auto token = given_token(handshake->auth);
  if (!token) co_return connect_error(token.error());
  if (token->empty()) token = query_token(*handshake->request);
  auto caller = std::make_shared<Caller>();
  if (token->empty()) {
    if (!services_.system.guests) {
      const Error refused{
          ErrorCode::unauthenticated, "not_signed_in", "Sign in: give an access token as auth.token", {}, {}};
      co_return connect_error(refused);
    }
  } else {
    caller->access_token = *token;
    auto principal = co_await services_.accounts.authenticate(std::move(*token));
    if (!principal) co_return connect_error(principal.error());
    if (principal->key && !principal->key->scopes.has(KeyScope::jobs_read)) {
      const Error refused{
          ErrorCode::forbidden, "insufficient_scope", "The API key has not the scope jobs:read", {}, {}};
      co_return connect_error(refused);
    }
    caller->principal = std::move(*principal);
    handshake->account = to_string(caller->principal->user_id);
  }
  handshake->data = std::move(caller);
  co_return std::nullopt;
}

void RealtimeBridge::welcome(const net::SocketPtr& socket) {
  auto* caller = socket->data<Caller>();
  if (!caller->principal) return;
  const UserId user = caller->principal->user_id;
  watched_.add(user);
  socket->join(user_room(user));
  socket->join(caller->principal->key ? key_room(caller->principal->key->id)
                                      : session_room(caller->principal->session_id));
  caller->next_look = std::make_shared<boost::asio::steady_timer>(socket->executor());
  socket->on_disconnect([this, user, timer = std::weak_ptr(caller->next_look)](std::string_view) {
    watched_.remove(user);
    if (const auto pending = timer.lock()) pending->cancel();
  });
  watch(socket);
}

void RealtimeBridge::watch(const net::SocketPtr& socket) {
  auto* caller = socket->data<Caller>();
  const auto left =
      caller->principal->expires_at - std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  if (left <= left.zero()) return socket->disconnect(true);
  caller->next_look->expires_after(std::min<std::chrono::milliseconds>(left, look_again_after));
  caller->next_look->async_wait([this, weak = std::weak_ptr(socket)](const boost::system::error_code& cancelled) {
    const auto watched = weak.lock();
    if (cancelled || !watched || !watched->connected()) return;
    boost::asio::co_spawn(watched->executor(), look_again(watched), boost::asio::detached);
  });
}

Awaitable<void> RealtimeBridge::look_again(net::SocketPtr socket) {
  try {
    const auto caller = co_await check_caller(socket);
    if (!caller) co_return socket->disconnect(true);
  } catch (const std::exception& failure) {  // the next look decides
    log::warning("credentials of a socket not checked", {{"error", failure.what()}});
  }
  if (socket->connected()) watch(socket);
}

Awaitable<Result<RealtimeBridge::MaybeGuest>> RealtimeBridge::check_caller(net::SocketPtr socket) {
  const auto* caller = socket->data<Caller>();
  if (!caller->principal) co_return std::optional<Principal>();
  std::string token = caller->access_token;
  auto principal = co_await services_.accounts.authenticate(std::move(token));
  if (!principal) co_return principal.error();
  co_return std::optional<Principal>(std::move(*principal));
}

Awaitable<std::optional<RealtimeBridge::MaybeGuest>> RealtimeBridge::admit_event(net::SocketPtr socket,
                                                                                 net::Event event) {
  auto caller = co_await check_caller(socket);
  if (!caller) {
    refuse(socket, event, caller.error());
    socket->disconnect(true);
    co_return std::nullopt;
  }
  if (const auto refusal = refuse_key(*caller)) {
    refuse(socket, event, *refusal);
    co_return std::nullopt;
  }
  co_return std::move(*caller);
}

Awaitable<void> RealtimeBridge::join_room(net::SocketPtr socket, net::Event event) {
  auto caller = co_await admit_event(socket, event);
  if (!caller) co_return;
  auto room_id = room_argument(event);
  if (!room_id) co_return refuse(socket, event, room_id.error());
  auto allowed = services_.rooms.may_join(*caller, *room_id);
  if (!allowed) co_return refuse(socket, event, allowed.error());
  if (!socket->join(public_room(*room_id))) {
    const Error full{ErrorCode::conflict,
                     "too_many_rooms",
                     "This connection is in as many rooms as it may be; leave one first",
                     {},
                     {}};
    co_return refuse(socket, event, full);
  }
  JsonWriter answer;
  answer.begin_object().member("ok", true).member("roomId", *room_id).end_object();
  event.ack(answer.take());
}

Awaitable<void> RealtimeBridge::leave_room(net::SocketPtr socket, net::Event event) {
  auto caller = co_await admit_event(socket, event);
  if (!caller) co_return;
  auto room_id = room_argument(event);
  if (!room_id) co_return refuse(socket, event, room_id.error());
  auto allowed = services_.rooms.may_join(*caller, *room_id);
  if (!allowed) co_return refuse(socket, event, allowed.error());
  socket->leave(public_room(*room_id));
  JsonWriter answer;
  answer.begin_object().member("ok", true).member("roomId", *room_id).end_object();
  event.ack(answer.take());
}

Awaitable<void> RealtimeBridge::send_message(net::SocketPtr socket, net::Event event) {
  auto caller = co_await admit_event(socket, event);
  if (!caller) co_return;
  auto draft = draft_argument(event);
  if (!draft) co_return refuse(socket, event, draft.error());
  auto message =
      services_.rooms.compose(*caller, draft->room_id, draft->message, socket->in(public_room(draft->room_id)));
  if (!message) co_return refuse(socket, event, message.error());

  JsonWriter sent;
  sent.begin_object()
      .member("socketId", public_id(*socket))
      .member("message", message->message)
      .member("roomId", message->room_id);
  sent.member("id", message->id);
  if (message->user_id) sent.member("userId", to_string(*message->user_id));
  sent.member("at", to_iso8601(message->at)).end_object();
  socket->to(public_room(message->room_id)).emit("receiveMessage", sent.take());

  JsonWriter answer;
  answer.begin_object().member("ok", true).member("id", message->id).member("at", to_iso8601(message->at)).end_object();
  event.ack(answer.take());
}

void RealtimeBridge::announce_job(const jobs::Job& job) {
  // On the way of every submit, claim and settle; mostly nobody listens.
  if (!watched_.may_have(job.user_id)) return;
  JsonWriter update;
  update.begin_object().member("jobId", to_string(job.id)).member("status", jobs::to_string(job.status));
  update.member("userId", to_string(job.user_id)).key("progress").number(job.progress).member("type", job.type);
  if (job.progress_message) update.member("progressMessage", *job.progress_message);
  if (job.error) update.member("error", *job.error);
  update.member("seq", job.revision).end_object();
  sockets_.to(user_room(job.user_id)).emit("jobUpdated", update.take());
}

}  // namespace taskgate::api
