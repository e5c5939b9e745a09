#include "net/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "net/refusal.h"
#include "net/test_client.h"
#include "net/test_server.h"
#include "net/websocket_frames.h"
#include "net/websocket_handshake.h"

namespace taskgate::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

std::string handshake(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(more) + "\r\n";
}

std::string client_frame(int opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80 | opcode)};
  if (payload.size() <= 125) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    frame += static_cast<char>(0xFF);
    for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift & 0xFF);
  }
  frame += std::string(4, '\0');  // the mask that changes nothing
  return frame + std::string(payload);
}

std::string server_frame(int opcode, std::string_view payload) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(payload.size())} + std::string(payload);
}

// What the owner of the socket was told.
struct Log {
  std::promise<bool> closed;
  std::promise<std::shared_ptr<WebSocket>> opened;
  std::promise<void> drained;
  std::atomic<bool> drained_told{false};
  std::atomic<bool> on_its_loop{false};
  std::shared_ptr<WebSocket> socket;
};

WebSocketEvents echo_events(std::shared_ptr<WebSocket> socket, std::shared_ptr<Log> log) {
  log->on_its_loop = boost::asio::any_io_executor(socket->executor())
                         .target<boost::asio::io_context::executor_type>()
                         ->running_in_this_thread();
  log->socket = socket;
  log->opened.set_value(socket);
  WebSocketEvents events;
  events.on_message = [socket](std::string_view message, bool binary) {
    if (message == "close") return socket->close(4001, "asked to");
    if (message == "abort") return socket->abort();
    if (message == "throw") throw std::runtime_error("the owner broke");
    socket->send({std::make_shared<const std::string>(message), binary});
  };
  events.on_drained = [log] {
    if (!log->drained_told.exchange(true)) log->drained.set_value();
  };
  events.on_close = [log](bool clean) {
    log->socket.reset();
    log->closed.set_value(clean);
  };
  return events;
}

// Accepts every upgrade as an echo, but for the paths that say otherwise.
struct EchoServer {
  std::shared_ptr<Log> log = std::make_shared<Log>();
  std::shared_ptr<std::vector<boost::asio::any_io_executor>> loops =
      std::make_shared<std::vector<boost::asio::any_io_executor>>();
  TestServer server;

  explicit EchoServer(ServerOptions options = {})
      : server(std::move(options),
               [seen = log, all = loops](Request request) { return decide(std::move(request), seen, all); }) {
    *loops = server.server().loops();
  }

  static Awaitable<WebSocketDecision> decide(Request request, std::shared_ptr<Log> log,
                                             std::shared_ptr<std::vector<boost::asio::any_io_executor>> loops) {
    if (request.path == "/throw") throw std::runtime_error("the decision broke");
    WebSocketDecision decision;
    if (request.path == "/forbidden") {
      decision.refusal = refusal(403, "forbidden", "Not for you.", request.request_id);
      co_return decision;
    }
    if (request.path == "/moved") {
      for (const auto& loop : *loops) {
        if (loop != request.connection->executor()) decision.executor = loop;
      }
    }
    decision.message_bytes_max = 200'000;
    decision.accept = [log](std::shared_ptr<WebSocket> socket) { return echo_events(std::move(socket), log); };
    co_return decision;
  }

  bool closed_cleanly() { return log->closed.get_future().get(); }
};

TEST(WebSocket, MakesTheAcceptKeyOfTheStandard) {
  EXPECT_EQ(websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, EchoesMessages) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(answer.header("Sec-WebSocket-Protocol"), "");
  client.send(client_frame(1, "hello") + client_frame(2, "\xFF"));
  EXPECT_EQ(client.receive_bytes(10), server_frame(1, "hello") + server_frame(2, "\xFF"));
  client.send(client_frame(9, "are you there"));
  EXPECT_EQ(client.receive_bytes(15), server_frame(10, "are you there"));
  client.send(client_frame(8, "\x03\xE8"));
  EXPECT_EQ(client.receive_until_closed(), server_frame(8, "\x03\xE8"));
  EXPECT_TRUE(echo.closed_cleanly());
}

// The kernel chooses the loop, so each connection asks for one that is not its own.
TEST(WebSocket, MovesToAnotherLoopWithTheBytesAlreadyReceived) {
  for (int round = 0; round < 20; ++round) {
    EchoServer echo;
    TestClient client(echo.server.port());
    client.send(handshake("/moved") + client_frame(1, "early"));
    EXPECT_EQ(client.receive().status, 101);
    EXPECT_EQ(client.receive_bytes(7), server_frame(1, "early"));
    client.send(client_frame(1, "late"));
    EXPECT_EQ(client.receive_bytes(6), server_frame(1, "late"));
    EXPECT_TRUE(echo.log->on_its_loop);
    client.close();
    EXPECT_FALSE(echo.closed_cleanly());
  }
}

TEST(WebSocket, CountsForTheClientBehindATrustedProxy) {
  ServerOptions options;
  options.connections_per_address_max = 1;
  options.trusted_proxies = {"127.0.0.1"};
  EchoServer echo(std::move(options));
  const auto ask_as = [&echo](TestClient& client, std::string_view path, const std::string& address) {
    client.send(handshake(path, "X-Forwarded-For: " + address + "\r\n"));
    return client.receive();
  };
  TestClient first(echo.server.port());
  EXPECT_EQ(ask_as(first, "/", "203.0.113.5").status, 101);
  TestClient second(echo.server.port());
  const auto refused = ask_as(second, "/", "203.0.113.5");
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("too_many_connections_of_address"));
  TestClient of_another(echo.server.port());
  EXPECT_EQ(ask_as(of_another, "/forbidden", "203.0.113.6").status, 403) << "as the handler says";
}

TEST(WebSocket, EchoesLargeMessages) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  (void)client.receive();
  const std::string large(200'000, 'x');
  client.send(client_frame(2, large));
  const auto header = make_frame_header(WebSocketOpcode::binary, large.size());
  EXPECT_EQ(client.receive_bytes(large.size() + 10), std::string(header.view()) + large);
}

TEST(WebSocket, AnswersWithTheFirstOfferedSubprotocol) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/", "Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n"));
  EXPECT_EQ(client.receive().header("Sec-WebSocket-Protocol"), "chat.v2");
}

TEST(WebSocket, RefusesABadHandshake) {
  EchoServer echo;
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  const auto good = handshake("/");
  const std::vector<std::pair<std::string, int>> bad{
      {replaced(good, "Version: 13", "Version: 8"), 426},
      {replaced(good, "Sec-WebSocket-Version: 13\r\n", ""), 426},
      {replaced(good, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400},
      {replaced(good, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
      {replaced(good, "GET", "POST"), 400},
      {handshake("/forbidden"), 403},
      {handshake("/throw"), 500},
  };
  for (const auto& [request, status] : bad) {
    TestClient client(echo.server.port());
    client.send(request);
    const auto response = client.receive();
    EXPECT_EQ(response.status, status) << request;
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_EQ(response.header("Sec-WebSocket-Version"), status == 426 ? "13" : "");
    EXPECT_EQ(client.receive_until_closed(), "");
  }
}

TEST(WebSocket, AnUpgradeToSomethingElseIsAnOrdinaryRequest) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send("GET /plain HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_EQ(client.receive().body, "GET /plain ");
}

TEST(WebSocket, ClosesWithTheCodeOfTheFault) {
  const std::vector<std::pair<std::string, std::string>> faults{
      {client_frame(3, "reserved"), "\x03\xEA"},
      {client_frame(1, "\xFF"), "\x03\xEF"},
      {client_frame(2, std::string(200'001, 'x')), "\x03\xF1"},
      {"\x81\x01"
       "a",
       "\x03\xEA"},
      {client_frame(1, "throw"), "\x03\xF3"},
  };
  for (const auto& [frame, payload] : faults) {
    EchoServer echo;
    TestClient client(echo.server.port());
    client.send(handshake("/"));
    (void)client.receive();
    client.send(frame);
    EXPECT_EQ(client.receive_bytes(4), server_frame(8, payload));
    client.close();
    EXPECT_FALSE(echo.closed_cleanly());
  }
}

TEST(WebSocket, TheServersCloseWaitsForTheClients) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  (void)client.receive();
  client.send(client_frame(1, "last") + client_frame(1, "close") + client_frame(1, "ignored"));
  EXPECT_EQ(client.receive_bytes(6 + 12), server_frame(1, "last") + server_frame(8,
                                                                                 "\x0F\xA1"
                                                                                 "asked to"));
  client.send(client_frame(8, "\x0F\xA1"));
  EXPECT_EQ(client.receive_until_closed(), "");
  EXPECT_TRUE(echo.closed_cleanly());
}

TEST(WebSocket, AnUnansweredCloseEndsInTime) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  (void)client.receive();
  const auto began = std::chrono::steady_clock::now();
  client.send(client_frame(1, "close"));
  EXPECT_EQ(client.receive_until_closed(), server_frame(8,
                                                        "\x0F\xA1"
                                                        "asked to"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 4s);
  EXPECT_FALSE(echo.closed_cleanly());
}

TEST(WebSocket, AbortEndsAtOnce) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  (void)client.receive();
  client.send(client_frame(1, "abort"));
  EXPECT_EQ(client.receive_until_closed(), "");
  EXPECT_FALSE(echo.closed_cleanly());
}

TEST(WebSocket, CountsWhatIsQueuedAndTellsWhenItIsGone) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  (void)client.receive();
  const auto socket = echo.log->opened.get_future().get();
  std::promise<std::size_t> queued;
  const auto payload = std::make_shared<const std::string>(1024 * 1024, 'q');
  boost::asio::post(socket->executor(), [socket, payload, &queued] {
    for (int i = 0; i < 32; ++i) socket->send({payload, true});
    queued.set_value(socket->queued_bytes());
  });
  EXPECT_EQ(queued.get_future().get(), 32U * (1024 * 1024 + queued_message_cost));
  (void)client.receive_bytes(32 * (1024 * 1024 + 10));
  EXPECT_EQ(echo.log->drained.get_future().wait_for(10s), std::future_status::ready);
  std::promise<std::size_t> left;
  boost::asio::post(socket->executor(), [socket, &left] { left.set_value(socket->queued_bytes()); });
  EXPECT_EQ(left.get_future().get(), 0U);
}

TEST(WebSocket, AReaderThatStallsIsCut) {
  ServerOptions options;
  options.write_timeout = 50ms;
  EchoServer echo(std::move(options));
  TestClient client(echo.server.port());
  client.limit_receive_buffer(4096);
  client.send(handshake("/"));
  (void)client.receive();
  const auto socket = echo.log->opened.get_future().get();
  boost::asio::post(socket->executor(), [socket] {
    socket->send({std::make_shared<const std::string>(32 * 1024 * 1024, 'q'), true});
  });
  EXPECT_FALSE(echo.closed_cleanly());
}

TEST(WebSocket, AStoppingServerSaysGoingAway) {
  EchoServer echo;
  TestClient client(echo.server.port());
  client.send(handshake("/"));
  (void)client.receive();
  std::thread stopping([&echo] { echo.server.server().stop(10s); });
  EXPECT_EQ(client.receive_bytes(4), server_frame(8, "\x03\xE9"));
  client.send(client_frame(8, "\x03\xE9"));
  EXPECT_TRUE(echo.closed_cleanly());
  stopping.join();
}

}  // namespace
}  // namespace taskgate::net
