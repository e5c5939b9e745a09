#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace taskgate::net {

// Waits until something observable holds; never longer than ten seconds.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

// What came back on the wire.
struct RawResponse {
  int status = 0;
  std::string head;  // status line and header, as received
  std::string body;

  [[nodiscard]] std::string header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + 2 + name.size() + 2;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A client that sends exactly the bytes it is told: for tests of what a well-behaved client never does. Blocking; fails
// the test by an exception when nothing comes for ten seconds.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : socket_(context_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    const timeval patience{10, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  void shutdown_send() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }
  void close() { socket_.close(); }
  void limit_receive_buffer(int bytes) { socket_.set_option(boost::asio::socket_base::receive_buffer_size(bytes)); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

  // Reads one answer, its body by Content-Length (`head_only`: an answer to HEAD).
  RawResponse receive(bool head_only = false) {
    while (received_.find("\r\n\r\n") == std::string::npos) receive_more();
    RawResponse response;
    const auto end = received_.find("\r\n\r\n") + 4;
    response.head = received_.substr(0, end);
    received_.erase(0, end);
    response.status = std::stoi(response.head.substr(9, 3));
    const auto length = response.header("Content-Length");
    const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
    while (received_.size() < size) receive_more();
    response.body = received_.substr(0, size);
    received_.erase(0, size);
    return response;
  }

  std::string receive_bytes(std::size_t size) {
    while (received_.size() < size) receive_more();
    auto bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
  }

  // Everything until the server closes (or resets) the connection.
  std::string receive_until_closed() {
    try {
      for (;;) receive_more();
    } catch (const boost::system::system_error& error) {
      if (error.code() != boost::asio::error::eof && error.code() != boost::asio::error::connection_reset) throw;
    }
    return std::exchange(received_, {});
  }

 private:
  void receive_more() {
    std::array<char, 16384> buffer;
    received_.append(buffer.data(), socket_.read_some(boost::asio::buffer(buffer)));
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace taskgate::net
