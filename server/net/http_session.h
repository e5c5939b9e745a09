#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/connection_place.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/read_buffer.h"
#include "net/request_parser.h"
#include "net/server_context.h"
#include "net/websocket.h"

namespace taskgate::net {

// One HTTP/1.1 connection: reads requests one after the other, hands each to the handler, writes the answers in the
// same order.
//
// A receive is always pending while there is room (also during the handler and the write), so that a client that goes
// away is noticed while an answer is owed, and pipelined requests wait in the buffer. Deadlines are checked by the
// loop's tick.
class HttpSession final : public Connection, public LoopMember, public std::enable_shared_from_this<HttpSession> {
 public:
  // `secure`: what comes through the socket came over TLS. `peer` is at its far end.
  HttpSession(boost::asio::ip::tcp::socket socket, boost::asio::ip::address peer, bool secure, Loop& loop,
              ServerContext& server, ConnectionPlace place);

  // Serves; a connection beyond a limit is answered 503 or 429 at once, then closed.
  void start();

  void on_abort(std::function<void()> callback) override;
  [[nodiscard]] boost::asio::any_io_executor executor() const override { return loop_.executor(); }

  void on_tick(Moment now) override;
  void drain() override;
  void abort() override;

 private:
  enum class Phase {
    header,     // idle, or a request's header is arriving
    body,       // the header was read, the body is arriving
    handling,   // the handler owes an answer
    writing,    // the answer is being sent
    upgrading,  // accepted as a WebSocket; waiting for the pending receive to end
    lingering,  // everything was sent; the client's last bytes are read away so that it gets to see the answer
    closed,
  };
  // What is remembered of the request while the handler owns it.
  struct Current {
    std::string method;
    std::string path;  // for the access log
    std::string request_id;
    std::string peer_address;
    bool keep_alive = false;
    bool secure = false;
    bool known = false;  // a header was read
    Moment started{};
  };

  void turn_away();
  void receive();
  void on_received(boost::system::error_code ec, std::size_t size);
  void on_peer_gone(bool reset);
  void advance();
  bool on_header();
  void begin_handling();
  void begin_upgrade(Request request);
  void on_handled(std::exception_ptr failure, Response response);
  void on_decided(std::exception_ptr failure, WebSocketDecision decision);
  void hand_over();
  Response answer_to(std::exception_ptr failure) const;
  void refuse(const RequestFault& fault);
  void respond(Response response);
  void write();
  void on_written();
  void finish(bool lingering);
  void close();
  void record(int status);
  void run_abort_callbacks();

  boost::asio::ip::tcp::socket socket_;
  Loop& loop_;
  ServerContext& server_;
  ConnectionPlace place_;
  boost::asio::ip::address peer_;
  bool secure_;
  ReadBuffer input_;
  RequestParser parser_;
  Phase phase_ = Phase::header;
  Moment deadline_ = never;
  bool receiving_ = false;
  bool end_of_input_ = false;  // the client closed its side
  bool reset_ = false;         // the connection broke; nothing can be sent
  bool must_linger_ = false;   // unread bytes of a refused request may still arrive
  bool close_after_ = false;
  std::size_t linger_left_ = 0;

  Current current_;
  std::vector<std::function<void()>> abort_callbacks_;
  Response response_;
  std::string head_;
  std::string_view body_;
  std::size_t sent_ = 0;
  std::size_t sent_at_deadline_ = 0;

  // The accepted WebSocket, between the decision and the hand-over.
  struct Upgrade {
    std::string answer;
    WebSocketDecision decision;
    Loop* target = nullptr;
  };
  std::unique_ptr<Upgrade> upgrade_;
};

}  // namespace taskgate::net
