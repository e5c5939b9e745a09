#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/engineio_connection.h"
#include "net/socketio_core.h"
#include "net/socketio_rooms.h"
#include "net/socketio_socket.h"
#include "sio/ack_table.h"

namespace taskgate::net {

class SocketIoClient;

// The socket behind the interface: one client in one namespace, on its loop.
class NamespaceSocket final : public Socket, public RoomMember {
 public:
  NamespaceSocket(std::shared_ptr<SocketCore> core, std::size_t nsp, std::string id, HandshakePtr handshake,
                  std::shared_ptr<SocketIoClient> client);

  [[nodiscard]] const std::string& id() const override { return id_; }
  [[nodiscard]] const std::string& nsp() const override { return plan_.name; }
  [[nodiscard]] bool connected() const override { return client_ != nullptr; }
  [[nodiscard]] boost::asio::any_io_executor executor() const override { return loop_->executor(); }
  [[nodiscard]] const Handshake& handshake() const override { return *handshake_; }
  [[nodiscard]] EngineTransport transport() const override;
  void set_data(std::shared_ptr<void> data) override { handshake_->data = std::move(data); }

  void on(std::string event, EventHandler handler) override;
  void on_any(EventHandler handler) override;
  void on_disconnect(std::function<void(std::string_view reason)> handler) override;
  void emit(std::string_view event, const sio::Arguments& arguments, const EmitOptions& options) override;
  void emit_with_ack(std::string_view event, const sio::Arguments& arguments, std::chrono::milliseconds timeout,
                     AckReply reply) override;
  bool join(std::string_view room) override;
  void leave(std::string_view room) override;
  [[nodiscard]] bool in(std::string_view room) const override;
  [[nodiscard]] std::vector<std::string> rooms() const override;
  [[nodiscard]] Broadcast to(std::string_view room) override;
  [[nodiscard]] Broadcast broadcast() override;
  void disconnect(bool close_transport) override;

  [[nodiscard]] const std::string& room_of_its_own() const override { return id_; }

  // --- For the client's connection and for broadcasts ---
  [[nodiscard]] std::size_t nsp_index() const { return nsp_; }
  void deliver(const std::vector<sio::EngineFrame>& frames, const EmitOptions& options);
  void receive(sio::Packet packet);
  void tell_too_large();  // of a message whose end will not be read
  void take_place(AccountPlace place) { place_ = std::move(place); }
  void resolve(std::uint64_t id, const sio::ReceivedArguments& arguments);
  void left(std::string_view reason);
  void tick(sio::Moment now) { acks_.expire(now); }
  [[nodiscard]] sio::Moment next_deadline() const { return acks_.next_deadline(); }
  [[nodiscard]] SocketInfo info() const;

 private:
  // Handlers of this socket alone; most sockets have none.
  struct OwnHandlers {
    std::unordered_map<std::string, EventHandler> named;
    EventHandler any;
    std::vector<std::function<void(std::string_view)>> disconnect;
  };

  void answer(std::uint64_t id, const sio::Arguments& arguments) override;
  OwnHandlers& own();
  [[nodiscard]] EventHandler handler_for(const std::string& event) const;
  [[nodiscard]] const char* why_not(const Event& event);
  void refuse(const Event& event, const char* answer);
  void dispatch(Event event);
  void run_plain(const EventHandler& handler, Event event);
  void start_coroutine(const EventHandler& handler, Event event);
  void handle_waiting();
  [[nodiscard]] NamespacePlan::Shard& shard() { return *plan_.shards[loop_->index()]; }
  [[nodiscard]] const NamespacePlan::Shard& shard() const { return *plan_.shards[loop_->index()]; }

  std::shared_ptr<SocketCore> core_;
  std::size_t nsp_;
  NamespacePlan& plan_;
  std::string id_;
  HandshakePtr handshake_;
  std::shared_ptr<SocketIoClient> client_;  // while connected
  std::shared_ptr<EngineLoop> loop_;
  AccountPlace place_;
  std::unique_ptr<OwnHandlers> own_;
  sio::AckTable acks_;
  std::deque<Event> waiting_;  // behind the coroutine that is running
  bool busy_ = false;
};

}  // namespace taskgate::net
