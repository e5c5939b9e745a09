#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::bench {

// Connections to one server on 127.0.0.1, kept alive, one request under way on each; one thread, non-blocking sockets.
// Meant to cost less than any server: it looks for the end of an answer and reads nothing else of it.
class HttpLoop {
 public:
  using Clock = std::chrono::steady_clock;
  // Called for each answer; `body` lives until it returns. It may send the next request.
  using Receiver = std::function<void(std::size_t connection, int status, std::string_view body)>;

  // Connects. Throws std::system_error.
  HttpLoop(std::uint16_t port, std::size_t connections, Receiver receive);
  ~HttpLoop();
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  // On a connection that waits for no answer.
  void send(std::size_t connection, std::string_view request);
  // Handles what arrives until stop(), at the latest until then. Throws std::runtime_error when the server closes.
  void run(Clock::time_point until);
  void stop() { stopped_ = true; }

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] bool is_busy(std::size_t connection) const { return connections_[connection].busy; }
  // When the request under way, or the last one, was sent.
  [[nodiscard]] Clock::time_point sent_at(std::size_t connection) const { return connections_[connection].sent_at; }

 private:
  struct Connection {
    int socket = -1;
    bool busy = false;
    std::string out;  // what the kernel did not take yet
    std::string in;
    Clock::time_point sent_at;
  };

  void flush(std::size_t connection);
  void receive(std::size_t connection);
  void watch(std::size_t connection, bool writing, int operation);

  std::vector<Connection> connections_;
  Receiver receive_;
  int epoll_ = -1;
  bool stopped_ = false;
};

// A request for keep-alive HTTP/1.1; `authorization` may be empty, `body` is JSON.
[[nodiscard]] std::string http_request(std::string_view method, std::string_view target, std::string_view authorization,
                                       std::string_view body);

}  // namespace taskgate::bench
