#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>

#include "net/connection_place.h"
#include "net/loop.h"
#include "net/server_context.h"

namespace taskgate::net {

// One TLS connection: shakes hands, then carries bytes both ways between the client and an ordinary session, which has
// the other end of a socket pair and knows of TLS only that its requests are secure. So sessions and WebSockets without
// TLS pay nothing for it. Lives on one loop, also when its session moves to another one.
class TlsBridge final : public LoopMember, public std::enable_shared_from_this<TlsBridge> {
 public:
  TlsBridge(boost::asio::ip::tcp::socket socket, boost::asio::ip::address peer,
            std::shared_ptr<boost::asio::ssl::context> identity, Loop& loop, ServerContext& server,
            ConnectionPlace place);

  void start();

  void on_tick(Moment now) override;
  void drain() override;
  void abort() override;

 private:
  enum class Phase {
    handshake,
    open,
    lingering,  // the session sends no more, but still reads away what the client sends
    goodbye,    // the session is gone; the client is told
    closed,
  };

  void on_handshake(boost::system::error_code ec);
  [[nodiscard]] bool begin_session();
  void receive();
  void on_received(boost::system::error_code ec, std::size_t size);
  void answer();
  void on_answer(boost::system::error_code ec, std::size_t size);
  void on_session_done();
  [[nodiscard]] bool session_is_gone();
  void say_goodbye();
  void close();

  std::shared_ptr<boost::asio::ssl::context> identity_;  // outlives the stream
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> client_;
  boost::asio::local::stream_protocol::socket session_;
  boost::asio::ip::address peer_;
  Loop& loop_;
  ServerContext& server_;
  std::optional<ConnectionPlace> place_;  // until the session has it
  Phase phase_ = Phase::handshake;
  Moment deadline_ = never;  // of the handshake, of a piece on its way to the client, of the goodbye
  std::array<char, 16 * 1024> from_client_{};
  std::array<char, 16 * 1024> to_client_{};
};

}  // namespace taskgate::net
