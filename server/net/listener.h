#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "net/connection_place.h"
#include "net/loop.h"
#include "net/server_context.h"

namespace taskgate::net {

// The addresses that a host name or literal stands for, with the port. Throws std::runtime_error with a sentence when
// there are none. "0.0.0.0", "::" (both families), "localhost" (both loopback addresses) and literals need no name
// service.
[[nodiscard]] std::vector<boost::asio::ip::tcp::endpoint> resolve_listen_addresses(const std::string& host,
                                                                                   std::uint16_t port);

// Opens a listening socket. With `shared_port` others of this program may listen on the same port, and the kernel
// spreads the connections among them. Throws boost::system::system_error.
[[nodiscard]] boost::asio::ip::tcp::acceptor open_acceptor(boost::asio::io_context& context,
                                                           const boost::asio::ip::tcp::endpoint& endpoint,
                                                           bool shared_port);

// Accepts connections of one listening socket on one loop until closed.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(boost::asio::ip::tcp::acceptor acceptor, Loop& loop, ServerContext& server);
  void start();
  void close();
  [[nodiscard]] Loop& loop() const { return loop_; }

 private:
  void accept();
  void serve(boost::asio::ip::tcp::socket socket, const boost::asio::ip::address& peer, ConnectionPlace place);
  void on_accepted(boost::system::error_code ec, boost::asio::ip::tcp::socket socket);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Loop& loop_;
  ServerContext& server_;
};

}  // namespace taskgate::net
