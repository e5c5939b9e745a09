#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_client.h"
#include "net/test_server.h"

namespace taskgate::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more) + "\r\n";
}

TEST(HttpSession, ServesSeveralRequestsOnOneConnection) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/one"));
  auto response = client.receive();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "GET /one ");
  EXPECT_EQ(response.header("Connection"), "keep-alive");
  client.send("POST /two HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(client.receive().body, "POST /two hello");
}

TEST(HttpSession, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  TestClient client(server.port());
  std::string all;
  for (int i = 0; i < 500; ++i) all += get("/" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.receive().body, "GET /" + std::to_string(i) + " ");
}

// The receive that is pending while the second request is taken out of the buffer must not bring it back.
TEST(HttpSession, HandlesAPipelinedRequestOnceWhateverFollowsLater) {
  TestServer server;
  TestClient client(server.port());
  for (int round = 0; round < 5; ++round) {
    const std::string name = std::to_string(round);
    client.send(get("/first" + name) + get("/second" + name));
    EXPECT_EQ(client.receive().body, "GET /first" + name + " ");
    EXPECT_EQ(client.receive().body, "GET /second" + name + " ");
    client.send(get("/third" + name));
    ASSERT_EQ(client.receive().body, "GET /third" + name + " ");
  }
}

TEST(HttpSession, ReadsARequestThatArrivesByteByByte) {
  TestServer server;
  TestClient client(server.port());
  client.socket().set_option(boost::asio::ip::tcp::no_delay(true));
  for (const char byte : std::string("\r\nPOST /slow HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc")) {
    client.send({&byte, 1});
  }
  EXPECT_EQ(client.receive().body, "POST /slow abc");
}

TEST(HttpSession, ReadsChunkedBodies) {
  TestServer server;
  TestClient client(server.port());
  client.send("POST /c HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n");
  client.send("6\r\n world\r\n0\r\nX-Trailer: dropped\r\n\r\n" + get("/next"));
  EXPECT_EQ(client.receive().body, "POST /c hello world");
  EXPECT_EQ(client.receive().body, "GET /next ");
}

TEST(HttpSession, HeadHasTheLengthButNoBody) {
  TestServer server;
  TestClient client(server.port());
  client.send("HEAD /h HTTP/1.1\r\nHost: test\r\n\r\n" + get("/after"));
  const auto head = client.receive(true);
  EXPECT_EQ(head.header("Content-Length"), "8");
  EXPECT_EQ(client.receive().body, "GET /after ");
}

TEST(HttpSession, NoContentHasNoLength) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/empty") + get("/after"));
  const auto empty = client.receive();
  EXPECT_EQ(empty.status, 204);
  EXPECT_THAT(empty.head, Not(HasSubstr("Content-Length")));
  EXPECT_EQ(client.receive().body, "GET /after ");
}

TEST(HttpSession, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/x", "Connection: close\r\n"));
  const auto all = client.receive_until_closed();
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(all, HasSubstr("GET /x "));
}

TEST(HttpSession, Http10ClosesUnlessAskedToStay) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.receive().body, "GET /a ");
  client.send("GET /b HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.receive_until_closed(), HasSubstr("GET /b "));
}

TEST(HttpSession, TellsAWaitingClientToGoOn) {
  TestServer server;
  TestClient client(server.port());
  client.send("POST /e HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("ok");
  EXPECT_EQ(client.receive().body, "POST /e ok");
}

TEST(HttpSession, RefusesAnAnnouncedBodyBeforeItIsSent) {
  TestServer server;
  TestClient client(server.port());
  client.send("POST /e HTTP/1.1\r\nHost: test\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST(HttpSession, RefusesWhatIsTooLarge) {
  ServerOptions options;
  options.header_bytes_max = 1024;
  options.body_bytes_max = [](const Request& request) { return request.path == "/big" ? 2000 : 100; };
  TestServer server(std::move(options));
  {
    TestClient client(server.port());
    client.send(get("/", "X-Long: " + std::string(2000, 'x') + "\r\n"));
    const auto response = client.receive();
    EXPECT_EQ(response.status, 431);
    EXPECT_THAT(response.body, HasSubstr(R"("code":"header_too_large")"));
  }
  {
    TestClient client(server.port());
    client.send("POST /big HTTP/1.1\r\nHost: test\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'b'));
    EXPECT_EQ(client.receive().status, 200);
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'b'));
    const auto response = client.receive();
    EXPECT_EQ(response.status, 413);
    EXPECT_THAT(response.body, StartsWith(R"({"status":"fail","code":"payload_too_large","message":")"));
    EXPECT_THAT(response.body, HasSubstr(R"("requestId":")" + response.header("X-Request-Id") + "\""));
    EXPECT_EQ(client.receive_until_closed(), "");
  }
  {
    TestClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" + std::string(64, 'b') +
                "\r\n");
    client.send("40\r\n" + std::string(64, 'b') + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.receive().status, 413);
  }
}

// The client must see the answer although it goes on sending what nobody reads.
TEST(HttpSession, TheRefusalOfALargeUploadReachesTheClient) {
  TestServer server;
  TestClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8000000\r\n\r\n");
  for (int i = 0; i < 80; ++i) client.send(std::string(100'000, 'u'));
  EXPECT_EQ(client.receive().status, 413);
}

TEST(HttpSession, LetsTheOwnerChangeARefusal) {
  ServerOptions options;
  options.on_refusal = [](const Request& request, Response& response) {
    response.headers.add("X-Refused", request.path);
    response.body = std::make_shared<const std::string>();
  };
  TestServer server(std::move(options));
  TestClient client(server.port());
  client.send("POST /up HTTP/1.1\r\nHost: test\r\nContent-Length: 8000000\r\n\r\n");
  const auto response = client.receive();
  EXPECT_EQ(response.header("X-Refused"), "/up");
  EXPECT_EQ(response.body, "");
}

TEST(HttpSession, AnExceptionOfAHandlerIsAnAnswer) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/throw", "X-Request-Id: my-id_1.2\r\n"));
  auto response = client.receive();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body,
            R"({"status":"error","code":"internal_error","message":"Something went wrong.","requestId":"my-id_1.2"})");
  client.send(get("/store"));
  response = client.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("Retry-After"), "1");
  client.send(get("/inject"));
  response = client.receive();
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.head, Not(HasSubstr("stolen")));
  client.send(get("/fine"));
  EXPECT_EQ(client.receive().status, 200);
}

TEST(HttpSession, TakesARequestIdOnlyIfItIsHarmless) {
  TestServer server;
  TestClient client(server.port());
  const auto answered_id = [&client](const std::string& offered) {
    client.send(get("/", "X-Request-Id: " + offered + "\r\n"));
    return client.receive().header("X-Request-Id");
  };
  EXPECT_EQ(answered_id("abc.DEF_1-2"), "abc.DEF_1-2");
  for (const auto& bad : {std::string("a b"), std::string("a\"b"), std::string(65, 'a'), std::string()}) {
    const auto id = answered_id(bad);
    EXPECT_NE(id, bad);
    EXPECT_GE(id.size(), 10U);
  }
}

TEST(HttpSession, EveryAnswerCarriesTheSecurityHeaders) {
  TestServer server;
  for (const auto& request : {get("/ok"), get("/throw"), std::string("nonsense\r\n\r\n"), get("bad target")}) {
    TestClient client(server.port());
    client.send(request);
    const auto response = client.receive();
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(response.header("X-Frame-Options"), "DENY");
    EXPECT_THAT(response.header("Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(response.header("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(response.header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_THAT(response.header("Date"), HasSubstr(" GMT"));
  }
}

TEST(HttpSession, ConnectAndTraceAreNeverAllowed) {
  TestServer server;
  for (const char* line : {"CONNECT host:443", "TRACE /"}) {
    TestClient client(server.port());
    client.send(std::string(line) + " HTTP/1.1\r\nHost: test\r\n\r\n");
    const auto response = client.receive();
    EXPECT_EQ(response.status, 405);
    EXPECT_THAT(response.header("Allow"), HasSubstr("GET"));
  }
}

TEST(HttpSession, BelievesForwardedHeadersOfTrustedProxiesOnly) {
  const auto seen = [](std::vector<std::string> proxies, const std::string& headers) {
    ServerOptions options;
    options.trusted_proxies = std::move(proxies);
    TestServer server(std::move(options));
    TestClient client(server.port());
    client.send(get("/peer", headers));
    return client.receive().body;
  };
  const std::string forwarded = "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
  EXPECT_EQ(seen({}, forwarded), "127.0.0.1 plain");
  EXPECT_EQ(seen({"10.0.0.0/8"}, forwarded), "127.0.0.1 plain");
  EXPECT_EQ(seen({"127.0.0.0/8"}, forwarded), "203.0.113.9 secure");
  EXPECT_EQ(seen({"127.0.0.1", "203.0.113.0/24"}, forwarded), "6.6.6.6 secure");
  EXPECT_EQ(seen({"127.0.0.1"}, "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\n"), "7.7.7.7 plain");
  EXPECT_EQ(seen({"127.0.0.1"}, "X-Forwarded-For: [2001:db8::1]:443\r\n"), "2001:db8::1 plain");
  EXPECT_EQ(seen({"127.0.0.1"}, "X-Forwarded-For: 6.6.6.6, junk\r\n"), "127.0.0.1 plain");
}

// ---- the client goes away

TEST(HttpSession, TellsAWaitingHandlerThatTheClientWentAway) {
  for (const bool reset : {false, true}) {
    TestServer server;
    TestClient client(server.port());
    client.send(get("/wait", "Connection: close\r\n"));
    server.observed().waiting.get_future().wait();
    auto aborted = server.observed().aborted.get_future();
    EXPECT_NE(aborted.wait_for(0s), std::future_status::ready) << "Connection: close is no abort";
    reset ? client.reset() : client.close();
    EXPECT_EQ(aborted.wait_for(10s), std::future_status::ready);
  }
}

TEST(HttpSession, PipelinedBytesAreNoAbort) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/wait"));
  server.observed().waiting.get_future().wait();
  client.send(get("/next"));
  auto& observed = server.observed();
  observed.open_gate();
  EXPECT_EQ(client.receive().body, "waited");
  EXPECT_EQ(client.receive().body, "GET /next ");
  EXPECT_NE(observed.aborted.get_future().wait_for(0s), std::future_status::ready);
}

TEST(HttpSession, AHalfClosedClientStillGetsItsAnswers) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/one") + get("/two"));
  client.shutdown_send();
  EXPECT_EQ(client.receive().body, "GET /one ");
  EXPECT_EQ(client.receive().body, "GET /two ");
  EXPECT_EQ(client.receive_until_closed(), "");
}

// ---- deadlines

TEST(HttpSession, CutsClientsThatAreTooSlow) {
  ServerOptions options;
  options.header_timeout = 50ms;
  options.body_timeout = 50ms;
  options.keep_alive_timeout = 50ms;
  TestServer server(std::move(options));
  {
    TestClient silent(server.port());
    EXPECT_EQ(silent.receive_until_closed(), "");
  }
  {
    TestClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: te");
    const auto response = client.receive();
    EXPECT_EQ(response.status, 408);
    EXPECT_THAT(response.body, HasSubstr(R"("code":"request_timeout")"));
    EXPECT_EQ(client.receive_until_closed(), "");
  }
  {
    TestClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(client.receive().status, 408);
  }
  {
    TestClient idle(server.port());
    idle.send(get("/"));
    EXPECT_EQ(idle.receive().status, 200);
    EXPECT_EQ(idle.receive_until_closed(), "");
  }
}

TEST(HttpSession, CutsAClientThatDoesNotReadItsAnswer) {
  ServerOptions options;
  options.write_timeout = 50ms;
  TestServer server(std::move(options));
  TestClient client(server.port());
  client.send(get("/large"));
  EXPECT_TRUE(eventually([&] {
    const auto text = server.metrics();
    return text.find("taskgate_http_requests_total{status=\"2xx\"} 1") != std::string::npos &&
           text.find("taskgate_connections 0") != std::string::npos;
  }));
  EXPECT_LT(client.receive_until_closed().size(), 64U * 1024 * 1024);
}

TEST(HttpSession, SendsALargeAnswerWhole) {
  TestServer server;
  TestClient client(server.port());
  client.send(get("/large") + get("/after"));
  EXPECT_EQ(client.receive().body, std::string(64 * 1024 * 1024, 'l'));
  EXPECT_EQ(client.receive().body, "GET /after ");
}

// However a request ends: with an answer, without one, refused before a handler saw it, or as a WebSocket.
TEST(HttpSession, LogsOfASecretPathWhatItIsTold) {
  ServerOptions options;
  options.logged_path = [](const Request& request) -> std::string_view {
    return request.path.starts_with("/wait") || request.path.starts_with("/secret/") ? "/secret/:token" : "";
  };
  options.body_bytes_max = [](const Request&) { return std::size_t{10}; };
  testing::internal::CaptureStderr();
  {
    TestServer server(options);
    TestClient client(server.port());
    client.send(get("/open") + get("/secret/t0ken"));
    EXPECT_EQ(client.receive().status, 200);
    EXPECT_EQ(client.receive().status, 200);
    client.send("POST /secret/t0ken HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\n");
    EXPECT_EQ(client.receive().status, 413);
    {
      TestClient leaving(server.port());
      leaving.send(get("/wait"));
      server.observed().waiting.get_future().get();
    }
    server.observed().aborted.get_future().get();
    server.server().stop(2s);
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("path=/open"));
  EXPECT_THAT(log, HasSubstr("path=/secret/:token status=413"));
  EXPECT_THAT(log, Not(HasSubstr("t0ken")));
  EXPECT_THAT(log, Not(HasSubstr("path=/wait")));
}

}  // namespace
}  // namespace taskgate::net
