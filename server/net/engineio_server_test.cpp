#include "net/engineio_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "net/engineio_cors.h"
#include "net/socketio_test_client.h"

namespace taskgate::net {
namespace {

Awaitable<std::optional<std::string>> allow() { co_return std::nullopt; }

TEST(EngineServer, AnswersErrorsWordForWord) {
  SocketIoTestServer server;
  const auto body = [&server](std::string_view method, std::string_view query) {
    const RawResponse response = exchange(server.port(), method, query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(response.header("Content-Type").substr(0, 16), "application/json");
    return response.body;
  };
  EXPECT_EQ(body("GET", "EIO=4"), R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(body("GET", "EIO=4&transport=__proto__"), R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(body("GET", "EIO=4&transport=polling&sid=unknown"), R"({"code":1,"message":"Session ID unknown"})");
  EXPECT_EQ(body("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA"),
            R"({"code":1,"message":"Session ID unknown"})");
  EXPECT_EQ(body("POST", "EIO=4&transport=polling"), R"({"code":2,"message":"Bad handshake method"})");
  EXPECT_EQ(body("OPTIONS", "EIO=4&transport=polling"), R"({"code":2,"message":"Bad handshake method"})");
  EXPECT_EQ(body("GET", "EIO=4&transport=websocket"), R"({"code":3,"message":"Bad request"})");
  EXPECT_EQ(body("GET", "EIO=3&transport=polling"), R"({"code":5,"message":"Unsupported protocol version"})");
  EXPECT_EQ(body("GET", "transport=polling"), R"({"code":5,"message":"Unsupported protocol version"})");
}

TEST(EngineServer, RefusesUpgradesWithAPlainText) {
  SocketIoTestServer server;
  const WebSocketClient unknown(server.port(), "EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(unknown.answer.status, 400);
  EXPECT_EQ(unknown.answer.body, "Session ID unknown");
  const WebSocketClient version(server.port(), "EIO=3&transport=websocket");
  EXPECT_EQ(version.answer.body, "Unsupported protocol version");
}

TEST(EngineServer, ServesASessionOnWhateverLoopItsRequestsArrive) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("add", [](const SocketPtr&, Event& event) { event.ack(event.arguments.forward()); });
  });
  const PollingClient client(server.port());
  EXPECT_EQ(client.post("40").body, "ok");
  EXPECT_EQ(client.poll().body.substr(0, 9), R"(40{"sid":)");
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(client.post(fmt::format(R"(42{}["add",{}])", round, round)).body, "ok");
    const RawResponse answer = client.poll();
    EXPECT_EQ(answer.body, fmt::format("43{}[{}]", round, round));
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=UTF-8");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  }
}

// Every event of the server below carries the text that the client asks to have repeated.
class CompressedPolls : public testing::Test {
 protected:
  static void repeat(SocketIoServer& io) {
    io.on("repeat", [](const SocketPtr& socket, Event& event) {
      socket->emit("text", event.arguments.forward());
      event.ack();
    });
    io.on("repeat packed", [](const SocketPtr& socket, Event& event) {
      socket->emit("text", event.arguments.forward(), {.is_volatile = false, .coalesce = {}, .compress = false});
    });
  }
  // The answer to a poll that carries `bytes` bytes of text.
  [[nodiscard]] RawResponse poll(std::string_view accepted, std::size_t bytes, std::string_view event = "repeat") {
    const PollingClient client(server.port());
    (void)client.post("40");
    (void)client.poll();
    (void)client.post(fmt::format(R"(42["{}","{}"])", event, std::string(bytes, 'x')));
    return exchange(server.port(), "GET", "EIO=4&transport=polling&sid=" + client.sid, {},
                    fmt::format("Accept-Encoding: {}\r\n", accepted));
  }

  SocketIoTestServer server{repeat};
};

TEST_F(CompressedPolls, UseTheCodingThatTheClientAccepts) {
  const RawResponse gzip = poll("br, gzip, deflate", 2'000);
  EXPECT_EQ(gzip.header("Content-Encoding"), "gzip");
  EXPECT_EQ(gzip.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(gzip.body.substr(0, 2), "\x1f\x8b");
  EXPECT_LT(gzip.body.size(), 200U);
  EXPECT_EQ(poll("deflate", 2'000).header("Content-Encoding"), "deflate");
  EXPECT_EQ(poll("gzip;q=0, deflate", 2'000).header("Content-Encoding"), "deflate");
}

TEST_F(CompressedPolls, StayAsTheyAreWhenTheClientAcceptsNothing) {
  const RawResponse plain = poll("br", 2'000);
  EXPECT_EQ(plain.header("Content-Encoding"), "");
  EXPECT_EQ(plain.body, fmt::format(R"(42["text","{}"])", std::string(2'000, 'x')));
}

TEST_F(CompressedPolls, AreNotWorthItBelowTheThreshold) { EXPECT_EQ(poll("gzip", 900).header("Content-Encoding"), ""); }

TEST_F(CompressedPolls, LeaveOutWhatTheSenderSaysIsCompressedAlready) {
  EXPECT_EQ(poll("gzip", 2'000, "repeat packed").header("Content-Encoding"), "");
}

constexpr std::array<Asset, 3> client_build{{
    {"/socket.io.js", "text/javascript", "x", "code", "gz-code", "br-code"},
    {"/socket.io.js.map", "application/json", "y", "{}", {}, {}},
    {"/version.txt", "text/plain", "z", "4.8.4", {}, {}},
}};

class ClientFiles : public testing::Test {
 protected:
  static SocketIoOptions options() {
    SocketIoOptions options;
    options.client_files = client_build;
    options.engine.cors.any_origin = true;
    return options;
  }
  [[nodiscard]] RawResponse get(std::string_view target, std::string_view headers = {}) {
    TestClient client(server.port());
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, headers));
    return client.receive();
  }

  SocketIoTestServer server{{}, options()};
};

TEST_F(ClientFiles, AreServedBelowThePath) {
  const RawResponse script = get("/socket.io/socket.io.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.body, "code");
  EXPECT_EQ(script.header("Content-Type"), "application/javascript; charset=utf-8");
  EXPECT_EQ(script.header("ETag"), R"("4.8.4")");
  EXPECT_EQ(script.header("Cache-Control"), "public, max-age=0");
  EXPECT_EQ(script.header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(get("/socket.io/socket.io.js.map").header("Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(get("/socket.io/socket.io.js?v=1").body, "code");
}

TEST_F(ClientFiles, ComeInTheFormTheClientAccepts) {
  EXPECT_EQ(get("/socket.io/socket.io.js", "Accept-Encoding: gzip, br\r\n").body, "br-code");
  EXPECT_EQ(get("/socket.io/socket.io.js", "Accept-Encoding: gzip\r\n").header("Content-Encoding"), "gzip");
  EXPECT_EQ(get("/socket.io/socket.io.js.map", "Accept-Encoding: gzip\r\n").header("Content-Encoding"), "");
}

TEST_F(ClientFiles, AreNotSentAgainToWhoHasThem) {
  EXPECT_EQ(get("/socket.io/socket.io.js", "If-None-Match: \"4.8.4\"\r\n").status, 304);
  EXPECT_EQ(get("/socket.io/socket.io.js", "If-None-Match: W/\"4.8.4\"\r\n").status, 304);
  EXPECT_EQ(get("/socket.io/socket.io.js", "If-None-Match: \"4.8.3\"\r\n").status, 200);
}

TEST_F(ClientFiles, LeaveOtherPathsToTheProtocol) {
  const RawResponse unknown = get("/socket.io/socket.io.ts");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.body, R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(get("/socket.io/version.txt").status, 400);
}

TEST(EngineServer, AnswersOtherMethodsOfASessionWith500) {
  SocketIoTestServer server;
  const PollingClient client(server.port());
  EXPECT_EQ(exchange(server.port(), "PUT", "EIO=4&transport=polling&sid=" + client.sid).status, 500);
}

TEST(EngineServer, RefusesBinaryBodies) {
  SocketIoTestServer server;
  const PollingClient client(server.port());
  const std::string query = "EIO=4&transport=polling&sid=" + client.sid;
  EXPECT_EQ(exchange(server.port(), "POST", query, "40", "Content-Type: application/octet-stream\r\n").status, 400);
  EXPECT_EQ(client.poll().status, 400);
}

TEST(EngineServer, MovesASessionToAWebSocket) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("echo", [](const SocketPtr& socket, Event& event) { socket->emit("back", event.arguments.forward()); });
  });
  for (int round = 0; round < 8; ++round) {  // enough to come in on both loops
    const PollingClient polling(server.port());
    EXPECT_EQ(polling.post("40").body, "ok");
    WebSocketClient websocket(server.port(), "EIO=4&transport=websocket&sid=" + polling.sid);
    ASSERT_EQ(websocket.answer.status, 101);
    websocket.send("2probe");
    EXPECT_EQ(websocket.receive(), "3probe");
    EXPECT_EQ(polling.poll().body.substr(0, 3), "40{");  // what was queued goes to the poll
    websocket.send("5");
    websocket.send(R"(42["echo",1])");
    EXPECT_EQ(websocket.receive(), R"(42["back",1])");
    EXPECT_EQ(polling.poll().status, 400);
    WebSocketClient second(server.port(), "EIO=4&transport=websocket&sid=" + polling.sid);
    EXPECT_EQ(second.answer.status, 101);
    EXPECT_EQ(second.receive(), "closed");
  }
}

TEST(EngineServer, EndsTheSessionWhenAPollIsAborted) {
  SocketIoTestServer server;
  const PollingClient client(server.port());
  {
    TestClient aborting(server.port());
    aborting.send("GET /socket.io/?EIO=4&transport=polling&sid=" + client.sid + " HTTP/1.1\r\nHost: test\r\n\r\n");
    aborting.close();
  }
  // Whatever the server sees first, the session is over; if the next poll overtakes the one that was aborted, it is
  // told by a close packet.
  const RawResponse next = client.poll();
  EXPECT_TRUE(next.status == 400 || next.body == "1") << next.head;
  EXPECT_EQ(client.poll().body, R"({"code":1,"message":"Session ID unknown"})");
}

TEST(EngineServer, RefusesHandshakesWhenFull) {
  SocketIoOptions options;
  options.engine.sessions_max = 1;
  SocketIoTestServer server({}, options);
  const PollingClient client(server.port());
  const RawResponse refused = exchange(server.port(), "GET", "EIO=4&transport=polling");
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_EQ(WebSocketClient(server.port()).answer.status, 503);
}

TEST(EngineServer, AnswersHandshakesOverTheRateLikeAFullServer) {
  SocketIoOptions options;
  options.engine.handshakes.per_second = 0.001;
  options.engine.handshakes.burst = 2;
  SocketIoTestServer server({}, options);
  const PollingClient client(server.port());
  EXPECT_EQ(WebSocketClient(server.port()).answer.status, 101);
  const RawResponse refused = exchange(server.port(), "GET", "EIO=4&transport=polling");
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_EQ(WebSocketClient(server.port()).answer.status, 503);
  EXPECT_EQ(server.io().stats().refused_handshakes, 2U);
  // Whoever has a session is not concerned, an upgrade is no handshake.
  EXPECT_EQ(client.post("40").body, "ok");
  EXPECT_EQ(WebSocketClient(server.port(), "EIO=4&transport=websocket&sid=" + client.sid).answer.status, 101);
}

TEST(EngineServer, AsksNobodyAboutAHandshakeThatIsOverTheRate) {
  std::atomic<int> asked{0};
  SocketIoOptions options;
  options.engine.handshakes.per_second = 0.001;
  options.engine.handshakes.burst = 1;
  options.engine.allow_request = [&asked](const Request&) {
    ++asked;
    return allow();
  };
  SocketIoTestServer server({}, options);
  for (int round = 0; round < 5; ++round) (void)exchange(server.port(), "GET", "EIO=4&transport=polling");
  EXPECT_EQ(asked.load(), 1);
}

Awaitable<std::optional<std::string>> refuse_everybody(const Request&) { co_return "not today"; }

TEST(EngineServer, AsksTheHookBeforeAHandshake) {
  SocketIoOptions options;
  options.engine.allow_request = [](const Request& request) { return refuse_everybody(request); };
  SocketIoTestServer server({}, options);
  const RawResponse refused = exchange(server.port(), "GET", "EIO=4&transport=polling");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body, R"({"code":4,"message":"not today"})");
  EXPECT_EQ(WebSocketClient(server.port()).answer.body, "not today");
}

TEST(EngineServer, SetsItsCookieOnTheHandshakeOnly) {
  SocketIoOptions options;
  options.engine.cookie = SessionCookie{};
  SocketIoTestServer server({}, options);
  const RawResponse first = exchange(server.port(), "GET", "EIO=4&transport=polling");
  EXPECT_EQ(first.header("Set-Cookie").substr(0, 3), "io=");
  EXPECT_NE(first.header("Set-Cookie").find("; Path=/; HttpOnly; SameSite=Lax"), std::string::npos);
  const PollingClient client(server.port());
  EXPECT_EQ(client.post("40").header("Set-Cookie"), "");
}

TEST(EngineServer, ClosesSessionsAndRefusesHandshakesOnceStopped) {
  SocketIoTestServer server;
  const auto websocket = WebSocketClient::entered(server.port());
  const PollingClient polling(server.port());
  server.io().stop();
  EXPECT_EQ(websocket->receive(), "closed");
  EXPECT_EQ(polling.poll().status, 400);
  EXPECT_EQ(exchange(server.port(), "GET", "EIO=4&transport=polling").status, 503);
}

// Twelve closings at twelve per second take about a second: no two of a handful come in the same turn but by chance.
TEST(EngineServer, SpreadsTheClosingsOfAStopOverItsPatience) {
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> ends;
  SocketIoOptions options;
  options.engine.closings_per_second = 12;
  SocketIoTestServer server(
      [&](SocketIoServer& io) {
        io.on_connection([&](const SocketPtr& socket) {
          socket->on_disconnect([&](std::string_view reason) {
            EXPECT_EQ(reason, "server shutting down");
            const std::lock_guard lock(mutex);
            ends.push_back(std::chrono::steady_clock::now());
          });
        });
      },
      options);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(WebSocketClient::entered(server.port()));
  server.io().stop(std::chrono::seconds{5});
  ASSERT_EQ(ends.size(), 12U);
  std::sort(ends.begin(), ends.end());
  EXPECT_GT(ends.back() - ends.front(), std::chrono::milliseconds{200});
  for (const auto& client : clients) EXPECT_EQ(client->receive(), "closed");
}

TEST(EngineServer, ClosesEverythingWithinItsPatience) {
  SocketIoOptions options;
  options.engine.closings_per_second = 0.001;
  SocketIoTestServer server({}, options);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(WebSocketClient::entered(server.port()));
  server.io().stop(std::chrono::milliseconds{400});
  for (const auto& client : clients) EXPECT_EQ(client->receive(), "closed");
}

TEST(EngineServer, RefusesHandshakesBeforeItStops) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("echo", [](const SocketPtr&, Event& event) { event.ack(event.arguments.forward()); });
  });
  const auto open = WebSocketClient::entered(server.port());
  server.io().refuse_handshakes();
  EXPECT_EQ(exchange(server.port(), "GET", "EIO=4&transport=polling").status, 503);
  EXPECT_EQ(WebSocketClient(server.port()).answer.status, 503);
  open->send(R"(421["echo",1])");
  EXPECT_EQ(open->receive(), "431[1]");
}

// --- CORS ---

SocketIoOptions for_page() {
  SocketIoOptions options;
  options.engine.cors.origin_allowed = [](std::string_view origin, const Request&) { return origin == "http://page"; };
  options.engine.cors.credentials = true;
  return options;
}

TEST(EngineCors, ReflectsAllowedOriginsOnEveryAnswer) {
  SocketIoTestServer server({}, for_page());
  for (const char* query : {"EIO=4&transport=polling", "EIO=4&transport=abc", "EIO=4&transport=polling&sid=unknown"}) {
    const RawResponse allowed = exchange(server.port(), "GET", query, {}, "Origin: http://page\r\n");
    EXPECT_EQ(allowed.header("Access-Control-Allow-Origin"), "http://page") << query;
    EXPECT_EQ(allowed.header("Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(allowed.header("Vary"), "Origin");
    EXPECT_EQ(
        exchange(server.port(), "GET", query, {}, "Origin: http://evil\r\n").header("Access-Control-Allow-Origin"), "");
  }
}

TEST(EngineCors, AnswersPreflights) {
  SocketIoTestServer server({}, for_page());
  const RawResponse preflight = exchange(server.port(), "OPTIONS", "EIO=4&transport=polling", {},
                                         "Origin: http://page\r\nAccess-Control-Request-Method: POST\r\n"
                                         "Access-Control-Request-Headers: x-a, x-b\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "http://page");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Headers"), "x-a, x-b");
  EXPECT_EQ(preflight.header("Vary"), "Origin, Access-Control-Request-Headers");
  EXPECT_EQ(exchange(server.port(), "OPTIONS", "", {}, "Origin: http://evil\r\n").header("Access-Control-Allow-Origin"),
            "");
}

TEST(EngineCors, RefusesWebSocketsOfOtherPages) {
  SocketIoTestServer server({}, for_page());
  EXPECT_EQ(WebSocketClient(server.port(), "EIO=4&transport=websocket", "Origin: http://page\r\n").answer.status, 101);
  EXPECT_EQ(WebSocketClient(server.port(), "EIO=4&transport=websocket").answer.status, 101);
  const WebSocketClient evil(server.port(), "EIO=4&transport=websocket", "Origin: http://evil\r\n");
  EXPECT_EQ(evil.answer.status, 400);
  EXPECT_EQ(evil.answer.body, "Forbidden");
  EXPECT_EQ(server.io().stats().refused_origin, 1U);
}

TEST(EngineCors, AnyOriginNeedsNoVary) {
  SocketIoOptions options;
  options.engine.cors.any_origin = true;
  SocketIoTestServer server({}, options);
  const RawResponse response = exchange(server.port(), "GET", "EIO=4&transport=polling", {}, "Origin: http://x\r\n");
  EXPECT_EQ(response.header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(response.header("Vary"), "");
}

}  // namespace
}  // namespace taskgate::net
