#include "net/socketio_client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/crypto.h"
#include "base/log.h"

namespace taskgate::net {
namespace {

constexpr std::size_t socket_id_bytes = 15;

sio::SocketIoConnectionOptions connection_options(const SocketIoOptions& options, int revision) {
  return {options.connect_timeout, options.namespaces_per_connection_max, options.packets, revision};
}

// Random, and not the session's id, which is a secret. A Socket.IO 2 client makes its id from the session's by itself.
std::string socket_id(const EngineConnection& engine, std::string_view nsp) {
  if (engine.handshake()->revision != 3) return random_token(socket_id_bytes);
  return nsp == "/" ? engine.sid() : fmt::format("{}#{}", nsp, engine.sid());
}

Awaitable<std::optional<ConnectError>> ask(Middleware middleware, HandshakePtr handshake) {
  try {
    Awaitable<std::optional<ConnectError>> task = middleware(std::move(handshake));
    co_return co_await std::move(task);
  } catch (const std::exception& error) {
    log::error("connection middleware failed", {{"error", error.what()}});
  }
  const ConnectError failure{"The service is unavailable at the moment", R"({"code":"unavailable"})"};
  co_return failure;
}

}  // namespace

SocketIoClient::SocketIoClient(std::shared_ptr<SocketCore> core, const std::shared_ptr<EngineConnection>& engine)
    : core_(std::move(core)),
      engine_(engine),
      loop_(core_->loops()[engine->loop_index()]),
      connection_(connection_options(core_->options(), engine->handshake()->revision), *this,
                  std::chrono::steady_clock::now()),
      events_(core_->options().events_per_second, core_->options().events_burst, std::chrono::steady_clock::now()) {}

// --- Entering
// -----------------------------------------------------------------------------------------------------------------------

void SocketIoClient::on_enter(std::string_view nsp, std::string_view auth) {
  const auto engine = this->engine();
  const auto index = core_->find(nsp);
  if (!index || !engine) {
    connection_.refuse(nsp, "Invalid namespace", {});
    return;
  }
  if (!take_event()) {
    core_->counters().rate_limited.fetch_add(1, std::memory_order_relaxed);
    connection_.refuse(nsp, "Too many events", R"({"code":"too_many_requests"})");
    return;
  }
  auto handshake = std::make_shared<Handshake>();
  handshake->nsp = nsp;
  handshake->auth = auth;
  handshake->request = engine->handshake();
  if (core_->plan(*index).middlewares.empty()) {
    let_in(*index, handshake);
  } else {
    boost::asio::co_spawn(loop_->executor(), ask_middlewares(shared_from_this(), *index, handshake),
                          boost::asio::detached);
  }
}

Awaitable<void> SocketIoClient::ask_middlewares(std::shared_ptr<SocketIoClient> self, std::size_t nsp,
                                                HandshakePtr handshake) {
  for (const Middleware& middleware : self->core_->plan(nsp).middlewares) {
    Awaitable<std::optional<ConnectError>> task = ask(middleware, handshake);
    const std::optional<ConnectError> error = co_await std::move(task);
    if (error) {
      self->connection_.refuse(handshake->nsp, error->message, error->data);
      co_return;
    }
  }
  self->let_in(nsp, handshake);
}

void SocketIoClient::let_in(std::size_t nsp, const HandshakePtr& handshake) {
  const auto engine = this->engine();
  if (!engine) return;
  auto place = core_->accounts().enter(handshake->account, std::chrono::steady_clock::now());
  if (!place) {
    connection_.refuse(handshake->nsp, "There are as many connections of this account as there may be",
                       R"({"code":"too_many_connections"})");
    return;
  }
  const std::string id = socket_id(*engine, handshake->nsp);
  if (!connection_.accept(handshake->nsp, id)) return;
  auto entered = std::make_shared<NamespaceSocket>(core_, nsp, id, handshake, shared_from_this());
  entered->take_place(std::move(*place));
  sockets_.push_back(entered);
  for (const ConnectionHandler& handler : core_->plan(nsp).connection_handlers) {
    try {
      handler(entered);
    } catch (const std::exception& error) {
      log::error("connection handler failed", {{"namespace", handshake->nsp}, {"error", error.what()}});
      entered->disconnect(true);
    }
  }
  reschedule();
}

// --- Packets
// ------------------------------------------------------------------------------------------------------------------------

std::shared_ptr<NamespaceSocket> SocketIoClient::socket(std::string_view nsp) const {
  const auto found =
      std::find_if(sockets_.begin(), sockets_.end(), [nsp](const auto& socket) { return socket->nsp() == nsp; });
  return found == sockets_.end() ? nullptr : *found;
}

void SocketIoClient::on_event(std::string_view nsp, sio::Packet packet) {
  if (const auto target = socket(nsp)) target->receive(std::move(packet));
}

void SocketIoClient::on_ack(std::string_view nsp, std::uint64_t id, const sio::ReceivedArguments& arguments) {
  if (const auto target = socket(nsp)) target->resolve(id, arguments);
}

void SocketIoClient::on_leave(std::string_view nsp, std::string_view reason) {
  const auto target = socket(nsp);
  if (!target) return;
  std::erase(sockets_, target);
  target->left(reason);
}

void SocketIoClient::send(const sio::EngineFrame& frame) {
  if (const auto engine = this->engine()) engine->send(std::vector<sio::EngineFrame>{frame});
}

// --- The session
// --------------------------------------------------------------------------------------------------------------------

void SocketIoClient::on_too_large() {
  for (const auto& socket : sockets_) socket->tell_too_large();
}

void SocketIoClient::on_close(std::string_view reason) { connection_.closed(reason); }

void SocketIoClient::close(std::string_view reason) {
  const auto self = shared_from_this();
  connection_.closed(reason);
  if (const auto engine = this->engine()) engine->close(reason);
}

void SocketIoClient::tick(sio::Moment now) {
  const auto self = shared_from_this();
  connection_.tick(now);
  const auto sockets = sockets_;  // an expired acknowledgement may end a socket
  for (const auto& socket : sockets) socket->tick(now);
}

sio::Moment SocketIoClient::next_deadline() const {
  sio::Moment next = connection_.next_deadline();
  for (const auto& socket : sockets_) next = std::min(next, socket->next_deadline());
  return next;
}

void SocketIoClient::reschedule() {
  if (const auto engine = this->engine()) engine->reschedule();
}

}  // namespace taskgate::net
