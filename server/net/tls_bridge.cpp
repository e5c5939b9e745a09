#include "net/tls_bridge.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "base/log.h"
#include "net/http_session.h"

namespace taskgate::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds goodbye_timeout{1};

}  // namespace

TlsBridge::TlsBridge(asio::ip::tcp::socket socket, asio::ip::address peer, std::shared_ptr<asio::ssl::context> identity,
                     Loop& loop, ServerContext& server, ConnectionPlace place)
    : identity_(std::move(identity)),
      client_(std::move(socket), *identity_),
      session_(loop.context()),
      peer_(std::move(peer)),
      loop_(loop),
      server_(server),
      place_(std::move(place)) {
  error_code ec;
  client_.next_layer().set_option(asio::ip::tcp::no_delay(true), ec);
}

void TlsBridge::start() {
  loop_.join(shared_from_this());
  deadline_ = std::chrono::steady_clock::now() + server_.options.header_timeout;
  client_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](error_code ec) { self->on_handshake(ec); });
}

void TlsBridge::on_handshake(error_code ec) {
  if (phase_ != Phase::handshake) return;
  if (ec || !begin_session()) return close();
  phase_ = Phase::open;
  deadline_ = never;
  receive();
  answer();
}

bool TlsBridge::begin_session() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    log::warning("cannot accept connections", {{"error", std::generic_category().message(errno)}});
    return false;
  }
  error_code ec;
  asio::ip::tcp::socket end(loop_.context());
  session_.assign(asio::local::stream_protocol(), pair[0], ec);
  if (!ec) end.assign(asio::ip::tcp::v4(), pair[1], ec);
  if (ec) {
    log::error("a connection could not be served", {{"error", ec.message()}});
    if (!session_.is_open()) ::close(pair[0]);
    ::close(pair[1]);
    return false;
  }
  auto place = std::move(*place_);
  place_.reset();
  std::make_shared<HttpSession>(std::move(end), peer_, true, loop_, server_, std::move(place))->start();
  return true;
}

// From the client to the session, a piece at a time: what the session does not take is not read from the client.
void TlsBridge::receive() {
  client_.async_read_some(asio::buffer(from_client_), [self = shared_from_this()](error_code ec, std::size_t size) {
    self->on_received(ec, size);
  });
}

void TlsBridge::on_received(error_code ec, std::size_t size) {
  if (phase_ != Phase::open && phase_ != Phase::lingering) return;
  if (ec) {
    // An answer may still be owed to a client that has only finished asking.
    session_.shutdown(asio::local::stream_protocol::socket::shutdown_send, ec);
    return;
  }
  asio::async_write(session_, asio::buffer(from_client_, size),
                    [self = shared_from_this()](error_code failure, std::size_t) {
                      const bool goes_on = self->phase_ == Phase::open || self->phase_ == Phase::lingering;
                      if (!failure && goes_on) self->receive();
                    });
}

void TlsBridge::answer() {
  session_.async_read_some(asio::buffer(to_client_),
                           [self = shared_from_this()](error_code ec, std::size_t size) { self->on_answer(ec, size); });
}

void TlsBridge::on_answer(error_code ec, std::size_t size) {
  if (phase_ != Phase::open) return;
  if (ec) return on_session_done();
  deadline_ = std::chrono::steady_clock::now() + server_.options.write_timeout;
  asio::async_write(client_, asio::buffer(to_client_, size),
                    [self = shared_from_this()](error_code failure, std::size_t) {
                      if (self->phase_ != Phase::open) return;
                      self->deadline_ = never;
                      if (failure) return self->close();
                      self->answer();
                    });
}

void TlsBridge::on_session_done() {
  if (session_is_gone()) return say_goodbye();
  phase_ = Phase::lingering;  // for as long as the session does
}

bool TlsBridge::session_is_gone() {
  pollfd end{session_.native_handle(), 0, 0};
  return ::poll(&end, 1, 0) == 1 && (end.revents & (POLLHUP | POLLERR)) != 0;
}

void TlsBridge::say_goodbye() {
  phase_ = Phase::goodbye;
  deadline_ = std::chrono::steady_clock::now() + goodbye_timeout;
  client_.async_shutdown([self = shared_from_this()](error_code) { self->close(); });
}

void TlsBridge::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  error_code ec;
  client_.next_layer().close(ec);
  session_.close(ec);
  place_.reset();
  loop_.leave(*this);
}

void TlsBridge::on_tick(Moment now) {
  if (now >= deadline_) return close();
  if (phase_ == Phase::lingering && session_is_gone()) say_goodbye();
}

// Its session ends by itself, and this with it.
void TlsBridge::drain() {
  if (phase_ == Phase::handshake) close();
}

void TlsBridge::abort() { close(); }

}  // namespace taskgate::net
