#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/engineio_connection.h"
#include "net/socketio_core.h"
#include "net/socketio_member.h"
#include "sio/socketio_connection.h"
#include "sio/token_bucket.h"

namespace taskgate::net {

// The Socket.IO side of one session: lets the client into namespaces and hands packets to its sockets. Lives on the
// session's loop.
class SocketIoClient final : public EngineListener,
                             public std::enable_shared_from_this<SocketIoClient>,
                             private sio::SocketIoConnectionPort {
 public:
  SocketIoClient(std::shared_ptr<SocketCore> core, const std::shared_ptr<EngineConnection>& engine);

  void on_open() override { connection_.open(); }
  void on_message(std::string_view data, bool binary) override { connection_.receive(data, binary); }
  void on_too_large() override;
  void on_close(std::string_view reason) override;
  void tick(sio::Moment now) override;
  [[nodiscard]] sio::Moment next_deadline() const override;

  // --- For its sockets ---
  [[nodiscard]] std::shared_ptr<EngineConnection> engine() const { return engine_.lock(); }
  [[nodiscard]] const std::shared_ptr<EngineLoop>& loop() const { return loop_; }
  // Whether the client may send another event now. Of the connection and not of a socket: entering a namespace again
  // gives no new budget, and costs as much as an event.
  [[nodiscard]] bool take_event() { return events_.take(std::chrono::steady_clock::now()); }
  void leave(std::string_view nsp) { connection_.leave(nsp, "server namespace disconnect"); }
  void close(std::string_view reason) override;
  void reschedule();

 private:
  void send(const sio::EngineFrame& frame) override;
  void on_enter(std::string_view nsp, std::string_view auth) override;
  void on_event(std::string_view nsp, sio::Packet packet) override;
  void on_ack(std::string_view nsp, std::uint64_t id, const sio::ReceivedArguments& arguments) override;
  void on_leave(std::string_view nsp, std::string_view reason) override;

  static Awaitable<void> ask_middlewares(std::shared_ptr<SocketIoClient> self, std::size_t nsp, HandshakePtr handshake);
  void let_in(std::size_t nsp, const HandshakePtr& handshake);
  [[nodiscard]] std::shared_ptr<NamespaceSocket> socket(std::string_view nsp) const;

  std::shared_ptr<SocketCore> core_;
  std::weak_ptr<EngineConnection> engine_;  // which owns this
  std::shared_ptr<EngineLoop> loop_;
  sio::SocketIoConnection connection_;
  sio::TokenBucket events_;
  std::vector<std::shared_ptr<NamespaceSocket>> sockets_;
};

}  // namespace taskgate::net
