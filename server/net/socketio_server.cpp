#include "net/socketio_server.h"

#include <utility>

#include "net/engineio_cors.h"
#include "net/engineio_server.h"
#include "net/socketio_client.h"
#include "net/socketio_core.h"

namespace taskgate::net {

namespace {

Awaitable<Response> answered(Response response) { co_return response; }

}  // namespace

// --- Namespace
// ----------------------------------------------------------------------------------------------------------------------

Namespace& Namespace::use(Middleware middleware) {
  core_->plan(index_).middlewares.push_back(std::move(middleware));
  return *this;
}

Namespace& Namespace::on_connection(ConnectionHandler handler) {
  core_->plan(index_).connection_handlers.push_back(std::move(handler));
  return *this;
}

Namespace& Namespace::on(std::string event, EventHandler handler) {
  core_->plan(index_).handlers.insert_or_assign(std::move(event), std::move(handler));
  return *this;
}

Namespace& Namespace::on_any(EventHandler handler) {
  core_->plan(index_).any_handler = std::move(handler);
  return *this;
}

Broadcast Namespace::to(std::string_view room) const { return all().to(room); }

Broadcast Namespace::all() const { return {core_, index_}; }

void Namespace::emit(std::string_view event, const sio::Arguments& arguments) const { all().emit(event, arguments); }

void Namespace::disconnect_room(std::string_view room, bool close_transport) const {
  to(room).disconnect(close_transport);
}

std::size_t Namespace::size() const { return core_->sockets_in(index_); }

// --- SocketIoServer
// -----------------------------------------------------------------------------------------------------------------

SocketIoServer::SocketIoServer(SocketIoOptions options, std::vector<boost::asio::any_io_executor> loops)
    : core_(std::make_shared<SocketCore>(std::move(options))),
      client_files_(core_->options().client_files, core_->options().engine.path) {
  // The core is held weakly: it holds the loops, which hold the sessions.
  const std::weak_ptr<SocketCore> core = core_;
  engine_ = std::make_unique<EngineServer>(
      core_->options().engine, std::move(loops),
      [core](const std::shared_ptr<EngineConnection>& connection) -> std::shared_ptr<EngineListener> {
        const auto alive = core.lock();
        return alive ? std::make_shared<SocketIoClient>(alive, connection) : nullptr;
      });
  core_->set_loops(engine_->loops());
  (void)core_->find_or_add("/");
}

SocketIoServer::~SocketIoServer() = default;

Namespace SocketIoServer::of(std::string_view name) { return {core_, core_->find_or_add(name)}; }

bool SocketIoServer::owns(std::string_view path) const { return engine_->owns(path); }

std::size_t SocketIoServer::body_bytes_max() const { return engine_->options().max_http_buffer_size; }

Awaitable<Response> SocketIoServer::handle_http(Request request) {
  if (auto file = client_files_.serve(request)) {
    add_cors_fields(engine_->options().cors, request, *file);
    return answered(std::move(*file));
  }
  return engine_->handle_http(std::move(request));
}

Awaitable<WebSocketDecision> SocketIoServer::handle_upgrade(Request request) {
  return engine_->handle_upgrade(std::move(request));
}

SocketIoStats SocketIoServer::stats() const {
  const EngineCounters& engine = engine_->counters();
  const SocketIoCounters& counters = core_->counters();
  SocketIoStats stats;
  stats.polling = engine.polling.load();
  stats.websocket = engine.websocket.load();
  stats.sockets = counters.sockets.load();
  stats.events_in = counters.events_in.load();
  stats.events_out = counters.events_out.load();
  stats.rate_limited = counters.rate_limited.load();
  stats.dropped_volatile = engine.dropped_volatile.load();
  stats.closed_full_queue = engine.closed_full_queue.load();
  stats.refused_origin = engine.refused_origin.load();
  stats.refused_handshakes = engine.refused_handshakes.load();
  return stats;
}

void SocketIoServer::refuse_handshakes() { engine_->refuse_handshakes(); }

void SocketIoServer::stop(std::chrono::milliseconds patience) { engine_->stop(patience); }

}  // namespace taskgate::net
