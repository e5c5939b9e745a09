// Rules of the Engine.IO protocol that only show on the wire: how requests are refused, and what polling and upgrades
// do when clients misbehave. The rest is in sio/engineio_session_test.cpp and engineio_server_test.cpp.

#include <gtest/gtest.h>

#include "net/engineio_responses.h"
#include "net/socketio_test_client.h"

namespace taskgate::net {
namespace {

void echo(SocketIoServer& io) {
  io.on("echo", [](const SocketPtr& socket, Event& event) { socket->emit("back", event.arguments.forward()); });
}

std::string polling(const PollingClient& client) { return "EIO=4&transport=polling&sid=" + client.sid; }

std::string get(std::string_view query, std::string_view headers = {}) {
  return fmt::format("GET /socket.io/?{} HTTP/1.1\r\nHost: test\r\n{}\r\n", query, headers);
}

// A polling session in the main namespace, whose queue is empty.
PollingClient entered(std::uint16_t port) {
  PollingClient client(port);
  EXPECT_EQ(client.post("40").body, "ok");
  EXPECT_EQ(client.poll().body.substr(0, 3), "40{");
  return client;
}

// --- Requests

TEST(EngineRules, TakesRequestsWithoutTheTrailingSlash) {
  SocketIoTestServer server;
  TestClient client(server.port());
  client.send("GET /socket.io?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.receive().body.substr(0, 8), R"(0{"sid":)");
}

TEST(EngineRules, RefusesTheOtherTransportOfASession) {
  SocketIoTestServer server;
  const PollingClient client(server.port());
  const RawResponse answer = exchange(server.port(), "GET", "EIO=4&transport=websocket&sid=" + client.sid);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"code":3,"message":"Bad request"})");
  EXPECT_EQ(client.post("40").body, "ok") << "the session lives on";
}

TEST(EngineRules, RefusesUpgradesInTheWordsOfTheOfficialServer) {
  SocketIoTestServer server;
  const RawResponse answer = WebSocketClient(server.port(), "EIO=4&transport=constructor").answer;
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.header("Content-Type"), "text/html");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_EQ(answer.body, "Transport unknown");
}

TEST(EngineRules, OffersNoUpgradeWhereNoneIsAllowed) {
  SocketIoOptions options;
  options.engine.allow_upgrades = false;
  SocketIoTestServer server({}, options);
  const RawResponse opened = exchange(server.port(), "GET", "EIO=4&transport=polling");
  EXPECT_NE(opened.body.find(R"("upgrades":[])"), std::string::npos);
  const PollingClient client(server.port());
  WebSocketClient websocket(server.port(), "EIO=4&transport=websocket&sid=" + client.sid);
  EXPECT_EQ(websocket.answer.status, 101);
  EXPECT_EQ(websocket.receive(), "closed");
  EXPECT_EQ(client.post("40").body, "ok");
}

TEST(EngineRules, AnswersATransportThatIsOffAsUnknown) {
  SocketIoOptions options;
  options.engine.polling = false;
  SocketIoTestServer server({}, options);
  EXPECT_EQ(exchange(server.port(), "GET", "EIO=4&transport=polling").body,
            R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(WebSocketClient(server.port()).answer.status, 101);
}

TEST(EngineRules, WritesTheCookieAsItIsWanted) {
  EXPECT_EQ(session_cookie_field({}, "abc"), "io=abc; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(session_cookie_field({.name = "other"}, "abc"), "other=abc; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(session_cookie_field({.path = "/custom"}, "abc"), "io=abc; Path=/custom; HttpOnly; SameSite=Lax");
  EXPECT_EQ(session_cookie_field({.http_only = false}, "abc"), "io=abc; Path=/; SameSite=Lax");
  EXPECT_EQ(session_cookie_field({.same_site = "Strict"}, "abc"), "io=abc; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_EQ(session_cookie_field({.same_site = ""}, "abc"), "io=abc; Path=/; HttpOnly");
  EXPECT_EQ(session_cookie_field({.path = ""}, "abc"), "io=abc; SameSite=Lax") << "HttpOnly needs a path, as there";
}

TEST(EngineRules, PutsCorsFieldsOnRefusalsToo) {
  SocketIoOptions options;
  options.engine.sessions_max = 0;
  options.engine.cors.origin_allowed = [](std::string_view, const Request&) { return true; };
  options.engine.cors.exposed_headers = "X-A";
  options.engine.cors.max_age = std::chrono::seconds{600};
  SocketIoTestServer server({}, options);
  const RawResponse refused = exchange(server.port(), "GET", "EIO=4&transport=polling", {}, "Origin: http://a\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), "http://a");
  EXPECT_EQ(refused.header("Access-Control-Expose-Headers"), "X-A");
  const RawResponse preflight = exchange(server.port(), "OPTIONS", "", {}, "Origin: http://a\r\n");
  EXPECT_EQ(preflight.header("Access-Control-Max-Age"), "600");
}

// --- Polling

TEST(EngineRules, TakesBodiesHoweverTheyArrive) {
  SocketIoTestServer server(echo);
  const PollingClient client = entered(server.port());
  TestClient chunked(server.port());
  chunked.send(
      fmt::format("POST /socket.io/?{} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n", polling(client)));
  for (const char* part : {"4\r\n42[\"\r\n", "9\r\necho\",\"hi\r\n", "2\r\n\"]\r\n", "0\r\n\r\n"}) chunked.send(part);
  const RawResponse answer = chunked.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok");
  EXPECT_EQ(answer.header("Content-Type"), "text/html");
  EXPECT_EQ(answer.header("Content-Length"), "2");
  EXPECT_EQ(client.poll().body, R"(42["back","hi"])");
}

TEST(EngineRules, RefusesABodyThatIsTooLargeAndKeepsTheSession) {
  SocketIoOptions options;
  options.engine.max_http_buffer_size = 100;
  SocketIoTestServer server(echo, options);
  const PollingClient client = entered(server.port());
  const RawResponse refused = client.post("4" + std::string(100, 'x'));
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.body, "");
  EXPECT_EQ(client.post(R"(42["echo",1])").body, "ok");
  EXPECT_EQ(client.poll().body, R"(42["back",1])");
}

TEST(EngineRules, EndsBothPollsThatOverlap) {
  SocketIoTestServer server;
  const PollingClient client = entered(server.port());
  TestClient first(server.port());
  first.send(get(polling(client)));
  // Whichever of the two reaches the session first is the one that hears of the end.
  const RawResponse second = client.poll();
  const RawResponse answered = first.receive();
  EXPECT_EQ(std::min(second.status, answered.status), 200);
  EXPECT_EQ(std::max(second.status, answered.status), 400);
  EXPECT_EQ(second.status == 200 ? second.body : answered.body, "1");
  EXPECT_EQ(client.poll().body, R"({"code":1,"message":"Session ID unknown"})");
}

TEST(EngineRules, EndsThePendingPollWhenTheClientCloses) {
  SocketIoTestServer server;
  const PollingClient client = entered(server.port());
  TestClient poll(server.port());
  poll.send(get(polling(client)));
  EXPECT_EQ(client.post("1").body, "ok");  // may overtake the poll, on the other loop
  EXPECT_EQ(poll.receive().body, "6");
  EXPECT_EQ(client.poll().status, 400);
}

TEST(EngineRules, TakesConnectionCloseForNoEnd) {
  SocketIoTestServer server(echo);
  const PollingClient client = entered(server.port());
  TestClient poll(server.port());
  poll.send(get(polling(client), "Connection: close\r\n"));
  EXPECT_EQ(client.post(R"(42["echo",1])").body, "ok");
  EXPECT_EQ(poll.receive().body, R"(42["back",1])");
  EXPECT_EQ(client.post(R"(42["echo",2])").body, "ok");
  EXPECT_EQ(client.poll().body, R"(42["back",2])");
}

TEST(EngineRules, TellsOldInternetExplorerThatNothingIsWrong) {
  SocketIoTestServer server;
  const auto protection = [&server](std::string_view agent) {
    return exchange(server.port(), "GET", "EIO=4&transport=polling", {}, fmt::format("User-Agent: {}\r\n", agent))
        .header("X-XSS-Protection");
  };
  EXPECT_EQ(protection("Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko"), "0");
  EXPECT_EQ(protection("Mozilla/4.0 (compatible;MSIE 8.0)"), "0");
}

TEST(EngineRules, EndsASessionThatAnswersNoPingToTheMoment) {
  SocketIoOptions options;
  options.engine.ping_interval = std::chrono::milliseconds{100};
  options.engine.ping_timeout = std::chrono::milliseconds{100};
  SocketIoTestServer server({}, options);
  const auto opened = std::chrono::steady_clock::now();
  const PollingClient client(server.port());
  EXPECT_EQ(client.poll().body, "2");
  EXPECT_GE(std::chrono::steady_clock::now() - opened, options.engine.ping_interval);
  EXPECT_TRUE(eventually([&] { return server.io().stats().polling == 0; }));
  EXPECT_GE(std::chrono::steady_clock::now() - opened, options.engine.ping_interval + options.engine.ping_timeout);
  EXPECT_EQ(client.poll().body, R"({"code":1,"message":"Session ID unknown"})");
}

// --- Upgrades that fail

class FailedUpgrade : public testing::TestWithParam<const char*> {};

TEST_P(FailedUpgrade, LeavesThePollingSessionAsItWas) {
  SocketIoTestServer server(echo);
  const PollingClient client = entered(server.port());
  {
    WebSocketClient probe(server.port(), "EIO=4&transport=websocket&sid=" + client.sid);
    ASSERT_EQ(probe.answer.status, 101);
    if (*GetParam() != '\0') {
      probe.send(GetParam());
      EXPECT_EQ(probe.receive(), "closed");
    }
  }
  EXPECT_EQ(client.post(R"(42["echo",1])").body, "ok");
  EXPECT_EQ(client.poll().body, R"(42["back",1])");
  // And it may try again.
  EXPECT_TRUE(eventually([&] {
    WebSocketClient again(server.port(), "EIO=4&transport=websocket&sid=" + client.sid);
    again.send("2probe");
    return again.receive() == "3probe";
  }));
}

INSTANTIATE_TEST_SUITE_P(EngineRules, FailedUpgrade, testing::Values("", "4hello", "2", "2wrong", "x", "1"));

TEST(EngineRules, GivesUpAnUpgradeThatTakesTooLong) {
  SocketIoOptions options;
  options.engine.upgrade_timeout = std::chrono::milliseconds{50};
  SocketIoTestServer server(echo, options);
  const PollingClient client = entered(server.port());
  WebSocketClient probe(server.port(), "EIO=4&transport=websocket&sid=" + client.sid);
  probe.send("2probe");
  EXPECT_EQ(probe.receive(), "3probe");
  EXPECT_EQ(probe.receive(), "closed");
  EXPECT_EQ(client.post(R"(42["echo",1])").body, "ok");
  EXPECT_EQ(client.poll().body, R"(42["back",1])");
}

// --- Socket.IO

TEST(EngineRules, ClosesAConnectionThatEntersNoNamespaceInTime) {
  SocketIoOptions options;
  options.connect_timeout = std::chrono::milliseconds{50};
  SocketIoTestServer server({}, options);
  WebSocketClient client(server.port());
  EXPECT_EQ(client.receive().substr(0, 1), "0");
  EXPECT_EQ(client.receive(), "closed");
}

}  // namespace
}  // namespace taskgate::net
