#include "net/socketio_socket.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/socketio_core.h"
#include "net/socketio_member.h"

namespace taskgate::net {

namespace asio = boost::asio;

// --- Ack
// ----------------------------------------------------------------------------------------------------------------------------

Ack::Ack(std::weak_ptr<Socket> socket, std::uint64_t id) : state_(std::make_shared<State>()) {
  state_->socket = std::move(socket);
  state_->id = id;
}

bool Ack::answered() const { return state_ && state_->answered.load(); }

void Ack::operator()(const sio::Arguments& arguments) const {
  if (!state_ || state_->answered.exchange(true)) return;
  const SocketPtr socket = state_->socket.lock();
  if (!socket) return;
  const asio::any_io_executor executor = socket->executor();
  if (runs_here(executor)) {
    socket->answer(state_->id, arguments);
  } else {
    asio::post(executor, [socket, id = state_->id, arguments] { socket->answer(id, arguments); });
  }
}

// --- Socket
// -------------------------------------------------------------------------------------------------------------------------

namespace {

// A reply that a coroutine waits for. Both sides are on the socket's loop.
struct PendingReply {
  std::optional<sio::ReceivedArguments> arguments;
  bool arrived = false;
  std::function<void()> resume;
};

}  // namespace

Awaitable<std::optional<sio::ReceivedArguments>> Socket::call(std::string event, sio::Arguments arguments,
                                                              std::chrono::milliseconds timeout) {
  const SocketPtr self = shared_from_this();
  const auto pending = std::make_shared<PendingReply>();
  self->emit_with_ack(event, arguments, timeout, [pending, self](std::optional<sio::ReceivedArguments> reply) {
    pending->arguments = std::move(reply);
    pending->arrived = true;
    if (pending->resume) asio::post(self->executor(), std::exchange(pending->resume, nullptr));
  });
  if (!pending->arrived) {
    auto initiate = [pending](auto handler) {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      pending->resume = [shared] { std::move (*shared)(); };
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  }
  co_return std::move(pending->arguments);
}

// --- Broadcast
// ----------------------------------------------------------------------------------------------------------------------

Broadcast& Broadcast::to(std::string_view room) & {
  rooms_.emplace_back(room);
  return *this;
}
Broadcast&& Broadcast::to(std::string_view room) && { return std::move(to(room)); }
Broadcast& Broadcast::except(std::string_view room) & {
  except_.emplace_back(room);
  return *this;
}
Broadcast&& Broadcast::except(std::string_view room) && { return std::move(except(room)); }
Broadcast&& Broadcast::volatile_() && {
  options_.is_volatile = true;
  return std::move(*this);
}
Broadcast&& Broadcast::coalesce(std::string_view key) && {
  options_.coalesce = key;
  return std::move(*this);
}
Broadcast&& Broadcast::compress(bool wanted) && {
  options_.compress = wanted;
  return std::move(*this);
}
Broadcast&& Broadcast::local() && { return std::move(*this); }

void Broadcast::emit(std::string_view event, const sio::Arguments& arguments) const {
  const auto frames = std::make_shared<const std::vector<sio::EngineFrame>>(
      sio::encode_event(core_->plan(nsp_).name, std::nullopt, event, arguments, options_.compress));
  core_->visit(*this, [frames, options = options_](Socket& socket) {
    static_cast<NamespaceSocket&>(socket).deliver(*frames, options);
  });
}

void Broadcast::join(std::string_view room) const {
  core_->visit(*this, [name = std::string(room)](Socket& socket) { socket.join(name); });
}

void Broadcast::leave(std::string_view room) const {
  core_->visit(*this, [name = std::string(room)](Socket& socket) { socket.leave(name); });
}

void Broadcast::disconnect(bool close_transport) const {
  core_->visit(*this, [close_transport](Socket& socket) { socket.disconnect(close_transport); });
}

namespace {

Awaitable<std::vector<SocketInfo>> collect(std::shared_ptr<SocketCore> core, std::size_t nsp, std::size_t loop,
                                           std::vector<std::string> rooms, std::vector<std::string> except) {
  std::vector<SocketInfo> found;
  for (const RoomMember* member : core->plan(nsp).shards[loop]->rooms.select(rooms, except)) {
    found.push_back(static_cast<const NamespaceSocket*>(member)->info());
  }
  co_return found;
}

}  // namespace

Awaitable<std::vector<SocketInfo>> Broadcast::fetch_sockets() const {
  // Copied: the caller's Broadcast is often a temporary that ends before this does.
  const Broadcast self = *this;
  return fetch(self);
}

Awaitable<std::vector<SocketInfo>> Broadcast::fetch(Broadcast self) {
  std::vector<SocketInfo> all;
  for (const auto& loop : self.core_->loops()) {
    Awaitable<std::vector<SocketInfo>> task = collect(self.core_, self.nsp_, loop->index(), self.rooms_, self.except_);
    std::vector<SocketInfo> found = co_await asio::co_spawn(loop->executor(), std::move(task), asio::use_awaitable);
    for (SocketInfo& info : found) all.push_back(std::move(info));
  }
  co_return all;
}

}  // namespace taskgate::net
