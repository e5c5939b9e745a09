#include "net/listener.h"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>

#include "base/log.h"
#include "net/http_session.h"
#include "net/tls_bridge.h"

namespace taskgate::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds pause_without_descriptors{100};

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

std::vector<tcp::endpoint> resolve_listen_addresses(const std::string& host, std::uint16_t port) {
  error_code ec;
  if (const auto address = asio::ip::make_address(host, ec); !ec) return {{address, port}};
  if (host == "localhost") {
    return {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
  }
  asio::io_context context;
  tcp::resolver resolver(context);
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : resolver.resolve(host, std::to_string(port), tcp::resolver::passive, ec)) {
    endpoints.push_back(entry.endpoint());
  }
  if (endpoints.empty()) throw std::runtime_error(fmt::format("cannot listen on {}: no such host", host));
  return endpoints;
}

tcp::acceptor open_acceptor(asio::io_context& context, const tcp::endpoint& endpoint, bool shared_port) {
  tcp::acceptor acceptor(context, endpoint.protocol());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  if (shared_port) acceptor.set_option(reuse_port(true));
  if (endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()));
  }
  acceptor.bind(endpoint);
  acceptor.listen(asio::socket_base::max_listen_connections);
  return acceptor;
}

Listener::Listener(tcp::acceptor acceptor, Loop& loop, ServerContext& server)
    : acceptor_(std::move(acceptor)), pause_(loop.context()), loop_(loop), server_(server) {}

void Listener::start() {
  asio::post(loop_.context(), [self = shared_from_this()] { self->accept(); });
}

void Listener::close() {
  error_code ec;
  acceptor_.close(ec);
  pause_.cancel();
}

void Listener::accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(
      [self = shared_from_this()](error_code ec, tcp::socket socket) { self->on_accepted(ec, std::move(socket)); });
}

void Listener::serve(tcp::socket socket, const asio::ip::address& peer, ConnectionPlace place) {
  if (server_.tls) {
    auto identity = server_.tls->current();
    std::make_shared<TlsBridge>(std::move(socket), peer, std::move(identity), loop_, server_, std::move(place))
        ->start();
  } else {
    std::make_shared<HttpSession>(std::move(socket), peer, false, loop_, server_, std::move(place))->start();
  }
}

void Listener::on_accepted(error_code ec, tcp::socket socket) {
  if (!acceptor_.is_open()) return;
  if (ec == asio::error::no_descriptors || ec == asio::error::no_buffer_space || ec == asio::error::no_memory) {
    log::warning("cannot accept connections", {{"error", ec.message()}});
    pause_.expires_after(pause_without_descriptors);
    pause_.async_wait([self = shared_from_this()](error_code) { self->accept(); });
    return;
  }
  if (!ec) {
    error_code gone;
    const auto peer = socket.remote_endpoint(gone).address();
    ConnectionPlace place(server_, peer);
    if (place.admission() != Admission::dropped && !gone) serve(std::move(socket), peer, std::move(place));
  }
  accept();
}

}  // namespace taskgate::net
