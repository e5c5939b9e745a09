#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::handlers {

// A small HTTP server on the loopback for tests: one connection at a time; records requests as they came and answers
// with the text it was given. An empty answer: it says nothing until the client has gone.
class TestWebServer {
 public:
  explicit TestWebServer(std::string answer)
      : answer_(std::move(answer)),
        acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this] { serve(); }) {}
  ~TestWebServer() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket waker(context_);
    waker.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  TestWebServer(const TestWebServer&) = delete;
  TestWebServer& operator=(const TestWebServer&) = delete;

  // An answer with a status line, headers ("Name: value\r\n" each) and a body.
  static std::string answer(const std::string& status, const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }

  [[nodiscard]] std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + port() + "/jobs?a=1";
  }
  // Calls `told` on the server's thread when a request has arrived.
  void on_request(std::function<void()> told) {
    const std::lock_guard lock(mutex_);
    on_request_ = std::move(told);
  }

  // The requests so far, each with its headers and its body.
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // How many connections were made; a client that was refused before made none.
  [[nodiscard]] int connections() const { return connections_; }
  // Waits until a client that got no answer has gone.
  [[nodiscard]] bool client_left() {
    std::unique_lock lock(mutex_);
    return left_.wait_for(lock, std::chrono::seconds{10}, [this] { return has_left_; });
  }

 private:
  void serve() {
    for (;;) {
      boost::asio::ip::tcp::socket socket(context_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      if (error || stopping_) return;
      ++connections_;
      take_request(socket);
      tell_of_request();
      if (answer_.empty()) {
        wait_for_end(socket);
      } else {
        boost::asio::write(socket, boost::asio::buffer(answer_), error);
        socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
        wait_for_end(socket);
      }
    }
  }

  void take_request(boost::asio::ip::tcp::socket& socket) {
    std::string request;
    boost::system::error_code error;
    const auto head = boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n", error);
    const auto length_at = request.find("Content-Length: ");
    if (error || length_at == std::string::npos) return;
    const auto whole = head + std::stoul(request.substr(length_at + 16));
    if (request.size() < whole) {
      boost::asio::read(socket, boost::asio::dynamic_buffer(request),
                        boost::asio::transfer_exactly(whole - request.size()), error);
    }
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }

  void tell_of_request() {
    const std::lock_guard lock(mutex_);
    if (on_request_) on_request_();
  }

  void wait_for_end(boost::asio::ip::tcp::socket& socket) {
    boost::system::error_code error;
    char byte = 0;
    while (!error) socket.read_some(boost::asio::buffer(&byte, 1), error);
    const std::lock_guard lock(mutex_);
    has_left_ = true;
    left_.notify_all();
  }

  std::string answer_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::condition_variable left_;
  bool has_left_ = false;
  std::function<void()> on_request_;
  std::vector<std::string> requests_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace taskgate::handlers
