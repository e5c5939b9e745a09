#include "net/socketio_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "base/result.h"
#include "net/socketio_test_client.h"

namespace taskgate::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

struct Principal {
  std::string name;
};

// Goes to another turn of the loop and comes back, as a look-up would.
Awaitable<void> wait_a_turn() {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

Awaitable<std::optional<ConnectError>> check_token(HandshakePtr handshake) {
  co_await wait_a_turn();
  if (handshake->auth != R"({"token":"good"})")
    co_return ConnectError{"invalid token", R"({"code":"unauthenticated"})"};
  handshake->data = std::make_shared<Principal>(Principal{"alice"});
  co_return std::nullopt;
}

TEST(SocketIoServer, LetsInWhomTheMiddlewareAcceptsAndKeepsWhatItFound) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.use(check_token);
    io.on_connection(
        [](const SocketPtr& socket) { socket->emit("hello", "\"" + socket->data<Principal>()->name + "\""); });
  });
  const auto client = WebSocketClient::entered(server.port(), R"(40{"token":"good"})");
  EXPECT_EQ(client->receive(), R"(42["hello","alice"])");
}

TEST(SocketIoServer, TellsWhyItRefuses) {
  SocketIoTestServer server([](SocketIoServer& io) { io.use(check_token); });
  WebSocketClient client(server.port());
  (void)client.receive();
  client.send(R"(40{"token":"bad"})");
  EXPECT_EQ(client.receive(), R"(44{"message":"invalid token","data":{"code":"unauthenticated"}})");
  client.send("40/nowhere,");
  EXPECT_EQ(client.receive(), R"(44/nowhere,{"message":"Invalid namespace"})");
  client.send(R"(40{"token":"good"})");
  EXPECT_THAT(client.receive(), StartsWith(R"(40{"sid":")"));
}

Awaitable<std::optional<ConnectError>> fail_to_check(HandshakePtr) {
  co_await wait_a_turn();
  throw StoreFailure("disk");
}

TEST(SocketIoServer, RefusesWhenAMiddlewareFails) {
  SocketIoTestServer server([](SocketIoServer& io) { io.use(fail_to_check); });
  WebSocketClient client(server.port());
  (void)client.receive();
  client.send("40");
  EXPECT_THAT(client.receive(), HasSubstr(R"("code":"unavailable")"));
}

Awaitable<void> answer_later(SocketPtr, Event event) {
  for (int turn = 0; turn < 10; ++turn) co_await wait_a_turn();
  event.ack("\"slow\"");
}

TEST(SocketIoServer, HandlesTheEventsOfASocketOneAfterAnother) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("slow", answer_later);
    io.on("fast", [](const SocketPtr&, Event& event) { event.ack("\"fast\""); });
  });
  const auto client = WebSocketClient::entered(server.port());
  client->send(R"(421["slow"])");
  client->send(R"(422["fast"])");
  client->send(R"(423["slow"])");
  EXPECT_EQ(client->receive(), R"(431["slow"])");
  EXPECT_EQ(client->receive(), R"(432["fast"])");
  EXPECT_EQ(client->receive(), R"(433["slow"])");
}

Awaitable<void> break_down(SocketPtr, Event) {
  co_await wait_a_turn();
  throw StoreFailure("disk");
}

TEST(SocketIoServer, SurvivesHandlersThatThrow) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("break", [](const SocketPtr&, Event&) { throw std::runtime_error("a secret detail"); });
    io.on("store", break_down);
    io.on("fine", [](const SocketPtr&, Event& event) { event.ack(); });
  });
  const auto client = WebSocketClient::entered(server.port());
  client->send(R"(421["break"])");
  EXPECT_EQ(client->receive(), R"(431[{"ok":false,"code":"internal_error","message":"Something went wrong"}])");
  client->send(R"(42["break"])");
  client->send(R"(422["store"])");
  EXPECT_THAT(client->receive(), HasSubstr(R"("code":"unavailable")"));
  client->send(R"(423["fine"])");
  EXPECT_EQ(client->receive(), "433[]");
}

TEST(SocketIoServer, GivesUnknownEventsToTheCatchAll) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("known", [](const SocketPtr&, Event& event) { event.ack("1"); });
    io.on_any([](const SocketPtr&, Event& event) { event.ack("\"" + event.name + "?\""); });
    io.on_connection(
        [](const SocketPtr& socket) { socket->on("own", [](const SocketPtr&, Event& event) { event.ack("2"); }); });
  });
  const auto client = WebSocketClient::entered(server.port());
  client->send(R"(420["known"])");
  EXPECT_EQ(client->receive(), "430[1]");
  client->send(R"(421["own"])");
  EXPECT_EQ(client->receive(), "431[2]");
  client->send(R"(422["strange"])");
  EXPECT_EQ(client->receive(), R"(432["strange?"])");
}

// --- rooms ---

void describe_rooms(SocketIoServer& io) {
  io.on("join", [](const SocketPtr& socket, Event& event) {
    event.ack(socket->join(event.arguments.parse(0)->as_string()) ? "true" : "false");
  });
  io.on("leave", [](const SocketPtr& socket, Event& event) {
    socket->leave(event.arguments.parse(0)->as_string());
    event.ack();
  });
  io.on("say", [](const SocketPtr& socket, Event& event) {
    socket->to("room").emit("said", event.arguments.forward());
    event.ack();
  });
}

std::vector<std::unique_ptr<WebSocketClient>> clients_in_room(SocketIoTestServer& server, std::size_t count) {
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(WebSocketClient::entered(server.port()));
    clients.back()->send(R"(420["join","room"])");
    EXPECT_EQ(clients.back()->receive(), "430[true]");
  }
  return clients;
}

TEST(SocketIoServer, SendsToTheOthersInARoomOnEveryLoop) {
  SocketIoTestServer server(describe_rooms);
  auto clients = clients_in_room(server, 8);
  const auto outsider = WebSocketClient::entered(server.port());
  clients[0]->send(R"(421["say","hi"])");
  EXPECT_EQ(clients[0]->receive(), "431[]");  // the sender gets its answer only
  for (std::size_t i = 1; i < clients.size(); ++i) EXPECT_EQ(clients[i]->receive(), R"(42["said","hi"])");
  // Nothing else has come: what follows is the next thing that is sent to all, from this thread.
  server.io().emit("end");
  for (const auto& client : clients) EXPECT_EQ(client->receive(), R"(42["end"])");
  EXPECT_EQ(outsider->receive(), R"(42["end"])");
}

TEST(SocketIoServer, KeepsTheOrderOfWhatAnotherThreadSends) {
  SocketIoTestServer server(describe_rooms);
  auto clients = clients_in_room(server, 4);
  for (int i = 0; i < 200; ++i) server.io().to("room").emit("n", std::to_string(i));
  for (const auto& client : clients) {
    for (int i = 0; i < 200; ++i) EXPECT_EQ(client->receive(), fmt::format(R"(42["n",{}])", i));
  }
}

TEST(SocketIoServer, SendsNothingToThoseWhoLeft) {
  SocketIoTestServer server(describe_rooms);
  auto clients = clients_in_room(server, 2);
  clients[1]->send(R"(421["leave","room"])");
  EXPECT_EQ(clients[1]->receive(), "431[]");
  server.io().to("room").emit("inside");
  server.io().emit("all");
  EXPECT_EQ(clients[0]->receive(), R"(42["inside"])");
  EXPECT_EQ(clients[0]->receive(), R"(42["all"])");
  EXPECT_EQ(clients[1]->receive(), R"(42["all"])");
}

TEST(SocketIoServer, BoundsTheRoomsOfASocket) {
  SocketIoOptions options;
  options.rooms_per_socket_max = 1;
  SocketIoTestServer server(describe_rooms, options);
  auto clients = clients_in_room(server, 1);
  clients[0]->send(R"(421["join","another"])");
  EXPECT_EQ(clients[0]->receive(), "431[false]");
}

TEST(SocketIoServer, ClosesTheTransportOfARoomOrSendsItAway) {
  SocketIoTestServer server(describe_rooms);
  auto closed = clients_in_room(server, 4);
  server.io().disconnect_room("room", true);
  for (const auto& client : closed) EXPECT_EQ(client->receive(), "closed");  // no DISCONNECT: they shall come back
  auto sent_away = clients_in_room(server, 4);
  server.io().disconnect_room("room", false);
  for (const auto& client : sent_away) EXPECT_EQ(client->receive(), "41");
}

TEST(SocketIoServer, FetchesSocketsOfAllLoops) {
  SocketIoTestServer server(describe_rooms);
  auto clients = clients_in_room(server, 6);
  const auto outsider = WebSocketClient::entered(server.port());
  const auto sockets =
      boost::asio::co_spawn(server.server().loops()[0], server.io().to("room").fetch_sockets(), boost::asio::use_future)
          .get();
  EXPECT_EQ(sockets.size(), 6U);
  for (const SocketInfo& socket : sockets) EXPECT_THAT(socket.rooms, testing::ElementsAre(socket.id, "room"));
  EXPECT_EQ(server.io().of("/").size(), 7U);
  EXPECT_EQ(server.io().stats().websocket, 7U);
}

// --- acknowledgements ---

Awaitable<void> ask_back(SocketPtr socket, Event event) {
  auto question = socket->call("question", "1", 5s);
  const auto reply = co_await std::move(question);
  event.ack(reply ? std::string(reply->text(0)) : "\"nothing\"");
}

Awaitable<void> ask_impatiently(SocketPtr socket, Event event) {
  auto question = socket->call("question", "1", 20ms);
  const auto reply = co_await std::move(question);
  event.ack(reply ? "\"something\"" : "\"nothing\"");
}

TEST(SocketIoServer, WaitsForTheClientsAnswer) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("ask", ask_back);
    io.on("hurry", ask_impatiently);
  });
  const auto client = WebSocketClient::entered(server.port());
  client->send(R"(427["ask"])");
  EXPECT_EQ(client->receive(), R"(420["question",1])");
  client->send(R"(4399["of something else"])");
  client->send("430[42]");
  EXPECT_EQ(client->receive(), "437[42]");
  client->send(R"(428["hurry"])");
  EXPECT_EQ(client->receive(), R"(421["question",1])");
  EXPECT_EQ(client->receive(), R"(438["nothing"])");
}

// --- limits ---

TEST(SocketIoServer, TellsWhoSendsTooFast) {
  SocketIoOptions options;
  options.events_per_second = 0.001;
  options.events_burst = 3;  // entering is one
  SocketIoTestServer server(
      [](SocketIoServer& io) { io.on("e", [](const SocketPtr&, Event& event) { event.ack("1"); }); }, options);
  const auto client = WebSocketClient::entered(server.port());
  for (int id = 0; id < 3; ++id) client->send(fmt::format(R"(42{}["e"])", id));
  client->send(R"(42["e"])");
  EXPECT_EQ(client->receive(), "430[1]");
  EXPECT_EQ(client->receive(), "431[1]");
  EXPECT_EQ(client->receive(), R"(432[{"ok":false,"code":"too_many_requests","message":"Too many events"}])");
  EXPECT_EQ(client->receive(), R"(42["$error",{"ok":false,"code":"too_many_requests","message":"Too many events"}])");
  EXPECT_EQ(server.io().stats().rate_limited, 2U);
}

TEST(SocketIoServer, CountsEventsByConnectionSoThatEnteringAgainGivesNoNewBudget) {
  SocketIoOptions options;
  options.events_per_second = 0.001;
  options.events_burst = 3;
  SocketIoTestServer server(
      [](SocketIoServer& io) { io.on("hello", [](const SocketPtr&, Event& event) { event.ack(); }); }, options);
  const auto client = WebSocketClient::entered(server.port());
  client->send(R"(421["hello"])");
  EXPECT_EQ(client->receive(), "431[]");
  client->send("41");
  client->send("40");
  EXPECT_EQ(client->receive().substr(0, 2), "40");
  client->send(R"(422["hello"])");
  EXPECT_EQ(client->receive(), R"(432[{"ok":false,"code":"too_many_requests","message":"Too many events"}])");
  client->send("41");
  client->send("40");
  EXPECT_EQ(client->receive(), R"(44{"message":"Too many events","data":{"code":"too_many_requests"}})");
}

Awaitable<std::optional<ConnectError>> name_account(HandshakePtr handshake) {
  if (handshake->auth != "{}") handshake->account = handshake->auth;
  co_return std::nullopt;
}

TEST(SocketIoServer, BoundsTheSocketsOfAnAccount) {
  SocketIoOptions options;
  options.account.sockets_max = 2;
  SocketIoTestServer server([](SocketIoServer& io) { io.use(name_account); }, options);
  const std::string connect = R"(40{"user":"alice"})";
  auto first = WebSocketClient::entered(server.port(), connect);
  const auto second = WebSocketClient::entered(server.port(), connect);
  WebSocketClient third(server.port());
  (void)third.receive();
  third.send(connect);
  EXPECT_THAT(third.receive(), AllOf(StartsWith("44{"), HasSubstr(R"({"code":"too_many_connections"})")));
  const auto others = WebSocketClient::entered(server.port(), R"(40{"user":"bob"})");
  const auto nobody = WebSocketClient::entered(server.port());

  first->send("41");  // a place is free again
  third.send(connect);
  EXPECT_TRUE(eventually([&] {
    const std::string answer = third.receive();
    if (answer.substr(0, 2) == "40") return true;
    third.send(connect);
    return false;
  }));
}

TEST(SocketIoServer, CountsTheEventsOfAllSocketsOfAnAccount) {
  SocketIoOptions options;
  options.account.events_per_second = 0.001;
  options.account.events_burst = 3;
  SocketIoTestServer server(
      [](SocketIoServer& io) {
        io.use(name_account);
        io.on("e", [](const SocketPtr&, Event& event) { event.ack("1"); });
      },
      options);
  const std::string refused = R"([{"ok":false,"code":"too_many_requests","message":"Too many events"}])";
  const std::string connect = R"(40{"user":"alice"})";
  auto first = WebSocketClient::entered(server.port(), connect);
  const auto second = WebSocketClient::entered(server.port(), connect);
  for (WebSocketClient* client : {first.get(), second.get(), first.get()}) {
    client->send(R"(421["e"])");
    EXPECT_EQ(client->receive(), "431[1]");
  }
  second->send(R"(422["e"])");
  EXPECT_EQ(second->receive(), "432" + refused);
  const auto other = WebSocketClient::entered(server.port());
  other->send(R"(421["e"])");
  EXPECT_EQ(other->receive(), "431[1]");
  // Leaving and coming back is no new budget.
  first.reset();
  const auto again = WebSocketClient::entered(server.port(), connect);
  again->send(R"(423["e"])");
  EXPECT_EQ(again->receive(), "433" + refused);
}

TEST(SocketIoServer, AnswersAnEventThatIsTooLargeAndGoesOn) {
  SocketIoOptions options;
  options.event_bytes_max = 100;
  SocketIoTestServer server(
      [](SocketIoServer& io) { io.on("e", [](const SocketPtr&, Event& event) { event.ack("1"); }); }, options);
  const auto client = WebSocketClient::entered(server.port());
  const std::string refusal = R"({"ok":false,"code":"payload_too_large","message":"The event is too large"})";
  client->send(fmt::format(R"(421["e","{}"])", std::string(100, 'x')));
  EXPECT_EQ(client->receive(), "431[" + refusal + "]");
  client->send(fmt::format(R"(42["e","{}"])", std::string(100, 'x')));
  EXPECT_EQ(client->receive(), R"(42["$error",)" + refusal + "]");
  client->send(R"(451-2["e",{"_placeholder":true,"num":0}])");
  client->send(std::string(101, 'b'), true);
  EXPECT_EQ(client->receive(), "432[" + refusal + "]");
  client->send(R"(423["e","fits"])");
  EXPECT_EQ(client->receive(), "433[1]");
}

TEST(SocketIoServer, TellsOfAMessageBeyondTheTransportBeforeItCloses) {
  SocketIoOptions options;
  options.engine.max_http_buffer_size = 1'000;
  SocketIoTestServer server({}, options);
  const auto client = WebSocketClient::entered(server.port());
  client->send(fmt::format(R"(42["e","{}"])", std::string(1'000, 'x')));
  EXPECT_EQ(client->receive(),
            R"(42["$error",{"ok":false,"code":"payload_too_large","message":"The event is too large"}])");
  EXPECT_EQ(client->receive(), "closed");
  EXPECT_EQ(client->close_code, 1009);
}

TEST(SocketIoServer, DropsVolatileEventsWhenNobodyPolls) {
  SocketIoTestServer server([](SocketIoServer& io) {
    io.on("go", [](const SocketPtr& socket, Event&) {
      EmitOptions is_volatile;
      is_volatile.is_volatile = true;
      socket->emit("lost", {}, is_volatile);
      socket->emit("kept");
    });
  });
  const PollingClient client(server.port());
  (void)client.post("40");
  (void)client.poll();
  EXPECT_EQ(client.post(R"(42["go"])").body, "ok");
  EXPECT_EQ(client.poll().body, R"(42["kept"])");
  EXPECT_EQ(server.io().stats().dropped_volatile, 1U);
}

TEST(SocketIoServer, KeepsOnlyTheLatestOfCoalescedEventsOfASlowReader) {
  SocketIoOptions options;
  options.engine.outgoing_soft_bytes = 1'000;
  SocketIoTestServer server(
      [](SocketIoServer& io) {
        io.on("go", [](const SocketPtr& socket, Event&) {
          socket->emit("big", "\"" + std::string(2'000, 'x') + "\"");
          EmitOptions progress;
          progress.coalesce = "job 1";
          for (int percent = 0; percent <= 100; ++percent) socket->emit("progress", std::to_string(percent), progress);
        });
      },
      options);
  const PollingClient client(server.port());
  (void)client.post("40");
  (void)client.poll();
  (void)client.post(R"(42["go"])");
  EXPECT_THAT(client.poll().body, StartsWith(R"(42["big")"));
  EXPECT_EQ(client.poll().body, R"(42["progress",100])");
}

TEST(SocketIoServer, ClosesAReaderThatIsTooSlow) {
  std::promise<std::string> reason;
  SocketIoOptions options;
  options.engine.outgoing_soft_bytes = 1'000;
  options.engine.outgoing_hard_bytes = 10'000;
  SocketIoTestServer server(
      [&reason](SocketIoServer& io) {
        io.on_connection([&reason](const SocketPtr& socket) {
          socket->on_disconnect([&reason](std::string_view why) { reason.set_value(std::string(why)); });
          for (int i = 0; i < 20; ++i) socket->emit("big", "\"" + std::string(1'000, 'x') + "\"");
        });
      },
      options);
  const PollingClient client(server.port());
  (void)client.post("40");
  EXPECT_EQ(reason.get_future().get(), "outgoing queue full");
  EXPECT_EQ(client.poll().status, 400);
  EXPECT_EQ(server.io().stats().closed_full_queue, 1U);
}

TEST(SocketIoServer, TellsTheReasonsOfDisconnects) {
  std::promise<std::string> reason;
  SocketIoTestServer server([&reason](SocketIoServer& io) {
    io.on_connection([&reason](const SocketPtr& socket) {
      socket->on_disconnect([&reason](std::string_view why) { reason.set_value(std::string(why)); });
    });
  });
  const std::vector<std::pair<std::string, std::string>> stories{{"41", "client namespace disconnect"},
                                                                 {"1", "transport close"},
                                                                 {"4abc", "parse error"},
                                                                 {"2", "transport error"}};
  for (const auto& [sent, expected] : stories) {
    reason = {};
    const auto client = WebSocketClient::entered(server.port());
    client->send(sent);
    EXPECT_EQ(reason.get_future().get(), expected);
  }
}

TEST(SocketIoServer, OwnsItsPath) {
  SocketIoTestServer server;
  EXPECT_TRUE(server.io().owns("/socket.io/"));
  EXPECT_TRUE(server.io().owns("/socket.io/default/"));
  EXPECT_TRUE(server.io().owns("/socket.io"));
  EXPECT_FALSE(server.io().owns("/socket.iox"));
  EXPECT_FALSE(server.io().owns("/"));
}

}  // namespace
}  // namespace taskgate::net
