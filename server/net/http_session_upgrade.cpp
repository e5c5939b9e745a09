// How a connection ends its life as HTTP and goes on as a WebSocket.

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include "base/log.h"
#include "net/http_session.h"
#include "net/refusal.h"
#include "net/websocket_connection.h"
#include "net/websocket_handshake.h"

namespace taskgate::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

void HttpSession::begin_upgrade(Request request) {
  current_.keep_alive = false;
  if (auto wrong = check_websocket_request(request)) return on_handled(nullptr, std::move(*wrong));
  if (!place_.dedicate_to(request.peer_address))
    return on_handled(nullptr, too_many_connections_of_address(request.request_id));
  upgrade_ = std::make_unique<Upgrade>();
  upgrade_->answer = make_websocket_answer(request);
  try {
    asio::co_spawn(loop_.context(), server_.websocket(std::move(request)),
                   [self = shared_from_this()](std::exception_ptr failure, WebSocketDecision decision) {
                     self->on_decided(failure, std::move(decision));
                   });
  } catch (...) {
    on_decided(std::current_exception(), {});
  }
}

void HttpSession::on_decided(std::exception_ptr failure, WebSocketDecision decision) {
  if (failure || decision.refusal || !decision.accept) {
    upgrade_.reset();
    if (!failure && !decision.refusal)
      decision.refusal = refusal(500, "internal_error", "Something went wrong.", current_.request_id);
    return on_handled(failure, failure ? Response{} : std::move(*decision.refusal));
  }
  abort_callbacks_.clear();
  upgrade_->target = decision.executor ? server_.find_loop(decision.executor) : &loop_;
  if (upgrade_->target == nullptr) {
    upgrade_.reset();
    return on_handled(std::make_exception_ptr(std::logic_error("a WebSocket was to move to a loop of another server")),
                      {});
  }
  if (phase_ == Phase::closed || end_of_input_) {
    record(499);
    return close();
  }
  record(101);
  upgrade_->decision = std::move(decision);
  phase_ = Phase::upgrading;
  if (!receiving_) return hand_over();
  error_code ec;
  socket_.cancel(ec);  // bytes that were received already come with the completion
}

// Gives the socket, with what was received, to a WebSocketConnection on the target loop.
void HttpSession::hand_over() {
  auto upgrade = std::move(upgrade_);
  error_code ec;
  const auto native = socket_.release(ec);
  phase_ = Phase::closed;
  loop_.leave(*this);
  if (ec) return;
  asio::ip::tcp::socket moved(upgrade->target->context());
  moved.assign(peer_.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), native, ec);
  if (ec) {
    log::error("a connection could not be moved to another loop", {{"error", ec.message()}});
    ::close(native);
    return;
  }
  auto connection = std::make_shared<WebSocketConnection>(std::move(moved), *upgrade->target, server_,
                                                          std::move(place_), upgrade->decision.message_bytes_max);
  const auto start = [connection, answer = std::move(upgrade->answer), leftover = std::string(input_.data()),
                      accept = std::move(upgrade->decision.accept)] { connection->start(answer, leftover, accept); };
  if (upgrade->target == &loop_) {
    start();
  } else {
    asio::post(upgrade->target->context(), start);
  }
}

}  // namespace taskgate::net
