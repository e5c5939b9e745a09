#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "net/server.h"
#include "net/socketio_server.h"
#include "net/test_client.h"

namespace taskgate::net {

// A Socket.IO server on two loops and a free port, configured by the test before it starts.
class SocketIoTestServer {
 public:
  using Configure = std::function<void(SocketIoServer&)>;
  explicit SocketIoTestServer(const Configure& configure = {}, const SocketIoOptions& options = {})
      : server_(
            server_options(), [this](Request request) { return io_.handle_http(std::move(request)); },
            [this](Request request) { return io_.handle_upgrade(std::move(request)); }, metrics_),
        io_(options, server_.loops()) {
    if (configure) configure(io_);
    server_.start();
  }
  ~SocketIoTestServer() {
    io_.stop();
    server_.stop(std::chrono::seconds{2});
  }
  SocketIoTestServer(const SocketIoTestServer&) = delete;
  SocketIoTestServer& operator=(const SocketIoTestServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  SocketIoServer& io() { return io_; }
  Server& server() { return server_; }

 private:
  static ServerOptions server_options() {
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    options.access_log = false;
    options.body_bytes_max = [](const Request&) { return std::size_t{1'000'000}; };
    return options;
  }

  Metrics metrics_;
  Server server_;
  SocketIoServer io_;
};

// One HTTP exchange on a connection of its own: with two loops, about every second one lands beside the session's.
inline RawResponse exchange(std::uint16_t port, std::string_view method, std::string_view query,
                            std::string_view body = {}, std::string_view headers = {}) {
  TestClient client(port);
  client.send(fmt::format("{} /socket.io/?{} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", method, query,
                          body.size(), headers, body));
  return client.receive(method == "HEAD");
}

// A client that polls.
class PollingClient {
 public:
  explicit PollingClient(std::uint16_t port) : port_(port) {
    const RawResponse response = exchange(port, "GET", "EIO=4&transport=polling");
    const auto begin = response.body.find(R"("sid":")") + 7;
    sid = response.body.substr(begin, response.body.find('"', begin) - begin);
  }
  [[nodiscard]] RawResponse poll() const { return exchange(port_, "GET", "EIO=4&transport=polling&sid=" + sid); }
  [[nodiscard]] RawResponse post(std::string_view body) const {
    return exchange(port_, "POST", "EIO=4&transport=polling&sid=" + sid, body);
  }

  std::string sid;

 private:
  std::uint16_t port_;
};

// A client that speaks the protocol over a WebSocket, packet by packet.
class WebSocketClient {
 public:
  explicit WebSocketClient(std::uint16_t port, std::string_view query = "EIO=4&transport=websocket",
                           std::string_view headers = {})
      : client_(port) {
    client_.send(
        fmt::format("GET /socket.io/?{} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
                    query, headers));
    answer = client_.receive();
  }

  // Opens a session and enters a namespace.
  static std::unique_ptr<WebSocketClient> entered(std::uint16_t port, std::string_view connect = "40") {
    auto client = std::make_unique<WebSocketClient>(port);
    EXPECT_EQ(client->receive().substr(0, 1), "0");
    client->send(connect);
    EXPECT_EQ(client->receive().substr(0, 2), "40");
    return client;
  }

  void send(std::string_view message, bool binary = false) {
    std::string frame(1, static_cast<char>(binary ? 0x82 : 0x81));
    if (message.size() < 126) {
      frame += static_cast<char>(0x80 | message.size());
    } else {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(message.size() >> 8U);
      frame += static_cast<char>(message.size() & 0xFFU);
    }
    frame += std::string(4, '\0');  // the mask that changes nothing
    client_.send(frame + std::string(message));
  }

  // The next message; "closed" when the server closed instead. Answers pings of the heartbeat by itself.
  std::string receive() {
    for (;;) {
      const std::string message = receive_frame();
      if (message != "2") return message;
      send("3");
    }
  }

  RawResponse answer;
  int close_code = 0;  // of the server's close frame; 0: none was given

 private:
  std::string receive_frame() {
    const std::string head = client_.receive_bytes(2);
    const auto byte = [](char c) { return static_cast<unsigned char>(c); };
    std::size_t size = byte(head[1]);
    if (size >= 126) {
      const std::string extended = client_.receive_bytes(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : extended) size = size << 8U | byte(c);
    }
    std::string payload = client_.receive_bytes(size);
    if ((byte(head[0]) & 0x0FU) != 8) return payload;
    if (payload.size() >= 2) close_code = static_cast<int>(byte(payload[0]) << 8U | byte(payload[1]));
    return "closed";
  }

  TestClient client_;
};

}  // namespace taskgate::net
