#include "net/engineio_server.h"

#include <gtest/gtest.h>

#include "net/engineio_cors.h"
#include "net/socketio_test_client.h"

namespace taskgate::net {
namespace {

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
