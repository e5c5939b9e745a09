#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/server.h"

namespace taskgate::net {

// What happened inside the test handlers, for a test to wait for.
struct Observed {
  std::promise<void> waiting;                     // /wait has begun
  std::promise<void> aborted;                     // the client of /wait went away
  std::weak_ptr<boost::asio::steady_timer> gate;  // what /wait waits for; gone with its loop

  void open_gate() {
    const auto waited_for = gate.lock();
    boost::asio::post(waited_for->get_executor(), [waited_for] { waited_for->cancel(); });
  }
};

inline Awaitable<Response> answer_waiting(Request request, std::shared_ptr<Observed> observed) {
  const auto gate = std::make_shared<boost::asio::steady_timer>(request.connection->executor());
  gate->expires_at(boost::asio::steady_timer::time_point::max());
  observed->gate = gate;
  request.connection->on_abort([observed] {
    observed->aborted.set_value();
    observed->open_gate();
  });
  observed->waiting.set_value();
  boost::system::error_code ec;
  co_await gate->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ec));
  co_return Response::text(200, "text/plain", "waited");
}

// Answers by path: what a request looked like, or one of the misbehaviours a session must survive.
inline Awaitable<Response> answer_test_request(Request request, std::shared_ptr<Observed> observed) {
  if (request.path == "/wait") co_return co_await answer_waiting(std::move(request), observed);
  if (request.path == "/throw") throw std::runtime_error("the handler broke");
  if (request.path == "/store") throw StoreFailure("the disk is gone");
  if (request.path == "/inject") {
    auto response = Response::text(200, "text/plain", "x");
    response.headers.add("X-Evil", "a\r\nSet-Cookie: stolen=1");
    co_return response;
  }
  if (request.path == "/large") co_return Response::text(200, "text/plain", std::string(64 * 1024 * 1024, 'l'));
  if (request.path == "/empty") {
    Response response;
    response.status = 204;
    co_return response;
  }
  if (request.path == "/peer") {
    co_return Response::text(200, "text/plain", request.peer_address + (request.secure ? " secure" : " plain"));
  }
  co_return Response::text(200, "text/plain", request.method + " " + request.path + " " + request.body);
}

// A server of these handlers on a free port of the loopback address.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, WebSocketHandler websocket = {})
      : server_(
            adjusted(std::move(options)),
            [observed = observed_](Request request) { return answer_test_request(std::move(request), observed); },
            std::move(websocket), metrics_) {
    server_.start();
  }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  Server& server() { return server_; }
  Observed& observed() { return *observed_; }
  [[nodiscard]] std::string metrics() const { return metrics_.to_text(); }

 private:
  static ServerOptions adjusted(ServerOptions options) {
    options.host = "127.0.0.1";
    options.port = 0;
    options.access_log = options.logged_path != nullptr;  // only what a test asks for
    return options;
  }

  Metrics metrics_;
  std::shared_ptr<Observed> observed_ = std::make_shared<Observed>();
  Server server_;
};

}  // namespace taskgate::net
