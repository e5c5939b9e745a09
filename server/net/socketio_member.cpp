#include "net/socketio_member.h"

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "net/socketio_client.h"

namespace taskgate::net {
namespace {

constexpr const char* too_many = R"({"ok":false,"code":"too_many_requests","message":"Too many events"})";
constexpr const char* too_large = R"({"ok":false,"code":"payload_too_large","message":"The event is too large"})";

sio::Moment now() { return std::chrono::steady_clock::now(); }

std::size_t bytes_of(const sio::ReceivedArguments& arguments) {
  std::size_t sum = arguments.joined().size();
  for (const auto& attachment : arguments.attachments()) sum += attachment->size();
  return sum;
}

// What went wrong in a handler goes to the log, and in general words to the client.
void report_failure(const std::exception_ptr& failure, const std::string& event, const Ack& ack) {
  const char* code = "internal_error";
  const char* message = "Something went wrong";
  try {
    std::rethrow_exception(failure);
  } catch (const StoreFailure& error) {
    code = "unavailable";
    message = "The service is unavailable at the moment";
    log::error("event handler failed", {{"event", event}, {"error", error.what()}});
  } catch (const std::exception& error) {
    log::error("event handler failed", {{"event", event}, {"error", error.what()}});
  } catch (...) {
    log::error("event handler failed", {{"event", event}, {"error", "not an exception"}});
  }
  ack(fmt::format(R"({{"ok":false,"code":"{}","message":"{}"}})", code, message));
}

// A reply that cannot break the loop it is called on.
AckReply guarded(AckReply reply) {
  return [reply = std::move(reply)](std::optional<sio::ReceivedArguments> arguments) {
    try {
      reply(std::move(arguments));
    } catch (...) {
      report_failure(std::current_exception(), "acknowledgement", Ack());
    }
  };
}

Awaitable<void> run_coroutine(CoroutineHandler handler, SocketPtr socket, Event event) {
  const std::string name = event.name;
  const Ack ack = event.ack;
  std::exception_ptr failure;
  try {
    Awaitable<void> task = handler(std::move(socket), std::move(event));
    co_await std::move(task);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) report_failure(failure, name, ack);
}

}  // namespace

NamespaceSocket::NamespaceSocket(std::shared_ptr<SocketCore> core, std::size_t nsp, std::string id,
                                 HandshakePtr handshake, std::shared_ptr<SocketIoClient> client)
    : core_(std::move(core)),
      nsp_(nsp),
      plan_(core_->plan(nsp)),
      id_(std::move(id)),
      handshake_(std::move(handshake)),
      client_(std::move(client)),
      loop_(client_->loop()) {
  shard().rooms.add(*this);
  shard().sockets.fetch_add(1);
  core_->counters().sockets.fetch_add(1, std::memory_order_relaxed);
}

EngineTransport NamespaceSocket::transport() const {
  const auto engine = client_ ? client_->engine() : nullptr;
  return engine ? engine->transport() : EngineTransport::polling;
}

// --- Handlers
// -----------------------------------------------------------------------------------------------------------------------

NamespaceSocket::OwnHandlers& NamespaceSocket::own() {
  if (!own_) own_ = std::make_unique<OwnHandlers>();
  return *own_;
}

void NamespaceSocket::on(std::string event, EventHandler handler) {
  own().named.insert_or_assign(std::move(event), std::move(handler));
}

void NamespaceSocket::on_any(EventHandler handler) { own().any = std::move(handler); }

void NamespaceSocket::on_disconnect(std::function<void(std::string_view reason)> handler) {
  own().disconnect.push_back(std::move(handler));
}

EventHandler NamespaceSocket::handler_for(const std::string& event) const {
  if (own_) {
    if (const auto found = own_->named.find(event); found != own_->named.end()) return found->second;
  }
  if (const auto found = plan_.handlers.find(event); found != plan_.handlers.end()) return found->second;
  return own_ && own_->any ? own_->any : plan_.any_handler;
}

// --- Receiving
// ----------------------------------------------------------------------------------------------------------------------

void NamespaceSocket::receive(sio::Packet packet) {
  core_->counters().events_in.fetch_add(1, std::memory_order_relaxed);
  Event event;
  event.name = std::move(packet.event);
  event.arguments = std::move(packet.arguments);
  if (packet.id) event.ack = Ack(weak_from_this(), *packet.id);
  if (const char* answer = why_not(event)) {
    refuse(event, answer);
  } else if (busy_) {
    waiting_.push_back(std::move(event));
  } else {
    dispatch(std::move(event));
  }
}

// The answer to an event that is over a limit; nothing for one that is not.
const char* NamespaceSocket::why_not(const Event& event) {
  const bool in_time = client_ && client_->take_event() && place_.take_event(now());
  if (!in_time || waiting_.size() >= core_->options().events_waiting_max) {
    core_->counters().rate_limited.fetch_add(1, std::memory_order_relaxed);
    return too_many;
  }
  const std::size_t most = core_->options().event_bytes_max;
  return most > 0 && bytes_of(event.arguments) > most ? too_large : nullptr;
}

void NamespaceSocket::refuse(const Event& event, const char* answer) {
  if (event.ack.wanted()) {
    event.ack(answer);
  } else {
    emit("$error", answer, {});
  }
}

void NamespaceSocket::tell_too_large() { emit("$error", too_large, {}); }

void NamespaceSocket::dispatch(Event event) {
  const EventHandler handler = handler_for(event.name);
  if (handler.plain) {
    run_plain(handler, std::move(event));
  } else if (handler.coroutine) {
    start_coroutine(handler, std::move(event));
  }
}

void NamespaceSocket::run_plain(const EventHandler& handler, Event event) {
  const std::string name = event.name;
  const Ack ack = event.ack;
  try {
    handler.plain(shared_from_this(), event);
  } catch (...) {
    report_failure(std::current_exception(), name, ack);
  }
}

void NamespaceSocket::start_coroutine(const EventHandler& handler, Event event) {
  busy_ = true;
  const auto self = std::static_pointer_cast<NamespaceSocket>(shared_from_this());
  Awaitable<void> task = run_coroutine(handler.coroutine, self, std::move(event));
  boost::asio::co_spawn(executor(), std::move(task), [self](const std::exception_ptr&) {
    self->busy_ = false;
    self->handle_waiting();
  });
}

void NamespaceSocket::handle_waiting() {
  while (!busy_ && !waiting_.empty()) {
    Event event = std::move(waiting_.front());
    waiting_.pop_front();
    dispatch(std::move(event));
  }
}

void NamespaceSocket::resolve(std::uint64_t id, const sio::ReceivedArguments& arguments) {
  acks_.resolve(id, arguments);
}

// --- Sending
// ------------------------------------------------------------------------------------------------------------------------

void NamespaceSocket::deliver(const std::vector<sio::EngineFrame>& frames, const EmitOptions& options) {
  const auto engine = client_ ? client_->engine() : nullptr;
  if (!engine) return;
  core_->counters().events_out.fetch_add(1, std::memory_order_relaxed);
  if (options.is_volatile) {
    engine->send_volatile(frames);
  } else if (!options.coalesce.empty()) {
    engine->send_coalesced(options.coalesce, frames);
  } else {
    engine->send(frames);
  }
}

void NamespaceSocket::emit(std::string_view event, const sio::Arguments& arguments, const EmitOptions& options) {
  if (connected()) deliver(sio::encode_event(nsp(), std::nullopt, event, arguments, options.compress), options);
}

void NamespaceSocket::emit_with_ack(std::string_view event, const sio::Arguments& arguments,
                                    std::chrono::milliseconds timeout, AckReply reply) {
  if (!connected()) {
    guarded(std::move(reply))(std::nullopt);
    return;
  }
  const std::uint64_t id = acks_.expect(now() + timeout, guarded(std::move(reply)));
  deliver(sio::encode_event(nsp(), id, event, arguments), {});
  if (client_) client_->reschedule();
}

void NamespaceSocket::answer(std::uint64_t id, const sio::Arguments& arguments) {
  if (!connected()) return;
  const auto engine = client_->engine();
  if (engine) engine->send(sio::encode_ack(nsp(), id, arguments));
}

// --- Rooms
// --------------------------------------------------------------------------------------------------------------------------

bool NamespaceSocket::join(std::string_view room) {
  return connected() && shard().rooms.join(*this, room, core_->options().rooms_per_socket_max);
}

void NamespaceSocket::leave(std::string_view room) { shard().rooms.leave(*this, room); }

bool NamespaceSocket::in(std::string_view room) const { return connected() && shard().rooms.is_in(*this, room); }

std::vector<std::string> NamespaceSocket::rooms() const {
  return connected() ? shard().rooms.rooms_of(*this) : std::vector<std::string>{};
}

Broadcast NamespaceSocket::to(std::string_view room) { return broadcast().to(room); }

Broadcast NamespaceSocket::broadcast() { return Broadcast(core_, nsp_).except(id_); }

SocketInfo NamespaceSocket::info() const { return {id_, rooms(), handshake_->request, handshake_->data}; }

// --- The end
// ------------------------------------------------------------------------------------------------------------------------

void NamespaceSocket::disconnect(bool close_transport) {
  const auto client = client_;
  if (!client) return;
  if (close_transport) {
    client->close("forced server close");
  } else {
    client->leave(nsp());
  }
}

void NamespaceSocket::left(std::string_view reason) {
  if (!connected()) return;
  const auto self = shared_from_this();
  if (own_) {
    for (const auto& handler : own_->disconnect) {
      try {
        handler(reason);
      } catch (...) {
        report_failure(std::current_exception(), "disconnect", Ack());
      }
    }
  }
  shard().rooms.remove(*this);
  shard().sockets.fetch_sub(1);
  core_->counters().sockets.fetch_sub(1, std::memory_order_relaxed);
  client_.reset();
  place_.leave();
  waiting_.clear();
  acks_.cancel_all();
  own_.reset();  // handlers may hold the socket
}

}  // namespace taskgate::net
