#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "net/engineio_connection.h"
#include "net/engineio_loop.h"
#include "net/engineio_options.h"
#include "net/http.h"
#include "net/websocket.h"

namespace taskgate::net {

// An Engine.IO 4 server behind an HTTP server. Each session lives on the loop where its handshake came in, which its id
// names: polls that arrive elsewhere hop there and back, WebSockets move there.
//
// `make_listener` is called on the session's loop before anything is received. It may keep the connection (by weak_ptr)
// and may send.
class EngineServer {
 public:
  using MakeListener = std::function<std::shared_ptr<EngineListener>(const std::shared_ptr<EngineConnection>&)>;

  // Throws std::invalid_argument for options that cannot work, and for more than 256 loops.
  EngineServer(EngineOptions options, std::vector<boost::asio::any_io_executor> loops, MakeListener make_listener);
  ~EngineServer();
  EngineServer(const EngineServer&) = delete;
  EngineServer& operator=(const EngineServer&) = delete;

  [[nodiscard]] bool owns(std::string_view path) const;
  [[nodiscard]] Awaitable<Response> handle_http(Request request);
  [[nodiscard]] Awaitable<WebSocketDecision> handle_upgrade(Request request);

  // See SocketIoServer.
  void refuse_handshakes();
  void stop(std::chrono::milliseconds patience);

  [[nodiscard]] const EngineOptions& options() const;
  [[nodiscard]] const EngineCounters& counters() const;
  [[nodiscard]] const std::vector<std::shared_ptr<EngineLoop>>& loops() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the requests being answered

  static Awaitable<Response> answer(std::shared_ptr<State> state, std::shared_ptr<const Request> request);
  static Awaitable<Response> handshake(std::shared_ptr<State> state, std::shared_ptr<const Request> request);
  static Awaitable<Response> answer_on_owner(std::shared_ptr<State> state, std::shared_ptr<EngineLoop> loop,
                                             std::shared_ptr<const Request> request, std::shared_ptr<PollAnswer> poll);
  static Awaitable<WebSocketDecision> decide(std::shared_ptr<State> state, std::shared_ptr<const Request> request);
};

}  // namespace taskgate::net
