#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "net/test_client.h"
#include "net/test_server.h"

namespace taskgate::net {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

const std::string plain_get = "GET /x HTTP/1.1\r\nHost: test\r\n\r\n";

Awaitable<Response> answer_loop_thread(Request) {
  const auto thread = fmt::format("{}", std::hash<std::thread::id>{}(std::this_thread::get_id()));
  co_return Response::text(200, "text/plain", thread);
}

TEST(Server, AllLoopsListenOnTheSameFreePort) {
  Metrics metrics;
  ServerOptions options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.loops = 3;
  options.access_log = false;
  Server server(options, answer_loop_thread, {}, metrics);
  server.start();
  ASSERT_NE(server.port(), 0);
  EXPECT_EQ(server.loops().size(), 3U);
  // The kernel spreads connections by a hash of their ports: with enough of them each loop gets some.
  std::set<std::string> threads;
  for (int i = 0; i < 1000 && threads.size() < 3; ++i) {
    TestClient client(server.port());
    client.send(plain_get);
    threads.insert(client.receive().body);
  }
  EXPECT_EQ(threads.size(), 3U);
}

TEST(Server, RefusesAPortThatIsInUse) {
  for (const std::size_t loops : {1UL, 2UL}) {
    TestServer first;
    Metrics metrics;
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = first.port();
    options.loops = loops;
    Server second(options, answer_loop_thread, {}, metrics);
    try {
      second.start();
      FAIL() << "two servers on one port";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("the port is in use"));
    }
  }
}

TEST(Server, RefusesAnAddressItCannotHave) {
  Metrics metrics;
  ServerOptions options;
  options.host = "203.0.113.1";
  Server server(options, answer_loop_thread, {}, metrics);
  EXPECT_THROW(server.start(), std::runtime_error);
}

TEST(Server, TurnsConnectionsAwayBeyondTheLimit) {
  ServerOptions options;
  options.connections_max = 2;
  TestServer server(std::move(options));
  TestClient first(server.port());
  TestClient second(server.port());
  for (auto* client : {&first, &second}) {
    client->send(plain_get);
    ASSERT_EQ(client->receive().status, 200);
  }
  TestClient third(server.port());
  const auto refused = third.receive();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "5");
  EXPECT_THAT(refused.body, HasSubstr("too_many_connections"));
  EXPECT_EQ(third.receive_until_closed(), "");
  first.send(plain_get);
  EXPECT_EQ(first.receive().status, 200);
}

TEST(Server, TurnsAnAddressAwayThatHasTooManyConnections) {
  ServerOptions options;
  options.connections_per_address_max = 2;
  TestServer server(std::move(options));
  auto first = std::make_unique<TestClient>(server.port());
  TestClient second(server.port());
  for (auto* client : {first.get(), &second}) {
    client->send(plain_get);
    ASSERT_EQ(client->receive().status, 200);
  }
  TestClient third(server.port());
  const auto refused = third.receive();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "5");
  EXPECT_THAT(refused.body, HasSubstr("too_many_connections_of_address"));
  EXPECT_EQ(third.receive_until_closed(), "");
  third.close();
  EXPECT_THAT(server.metrics(), HasSubstr("taskgate_connections_refused_total{limit=\"address\"} 1"));
  first.reset();
  const auto only_one_is_left = [&server] {
    return server.metrics().find("taskgate_connections 1\n") != std::string::npos;
  };
  while (!only_one_is_left()) std::this_thread::yield();
  TestClient next(server.port());
  next.send(plain_get);
  EXPECT_EQ(next.receive().status, 200);
}

TEST(Server, CountsNoConnectionsOfATrustedProxy) {
  ServerOptions options;
  options.connections_per_address_max = 1;
  options.trusted_proxies = {"127.0.0.1"};
  TestServer server(std::move(options));
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int count = 0; count < 5; ++count) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    clients.back()->send(plain_get);
    EXPECT_EQ(clients.back()->receive().status, 200);
  }
}

TEST(Server, AGracefulStopFinishesARunningRequest) {
  TestServer server;
  TestClient idle(server.port());
  idle.send(plain_get);
  ASSERT_EQ(idle.receive().status, 200);
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n");
  server.observed().waiting.get_future().wait();

  std::thread stopping([&server] { server.server().stop(10s); });
  EXPECT_EQ(idle.receive_until_closed(), "") << "idle connections are closed at once";
  server.observed().open_gate();
  const auto response = client.receive();
  EXPECT_EQ(response.body, "waited");
  EXPECT_EQ(response.header("Connection"), "close");
  stopping.join();
  EXPECT_THROW(TestClient late(server.port()), boost::system::system_error);
}

TEST(Server, AStopAbortsWhatOutlastsItsGrace) {
  TestServer server;
  TestClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n");
  server.observed().waiting.get_future().wait();
  auto aborted = server.observed().aborted.get_future();
  server.server().stop(20ms);
  EXPECT_EQ(aborted.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(client.receive_until_closed(), "");
}

TEST(Server, CountsRequestsAndConnections) {
  TestServer server;
  TestClient client(server.port());
  client.send(plain_get + "GET /throw HTTP/1.1\r\nHost: test\r\n\r\n");
  (void)client.receive();
  (void)client.receive();
  // A request is recorded once its answer is sent, which the client may see first.
  for (const char* line :
       {"taskgate_http_requests_total{status=\"2xx\"} 1", "taskgate_http_requests_total{status=\"5xx\"} 1",
        "taskgate_http_request_seconds_count 2", "taskgate_connections 1"}) {
    EXPECT_TRUE(eventually([&] { return server.metrics().find(line) != std::string::npos; })) << line;
  }
}

}  // namespace
}  // namespace taskgate::net
