// The server that the public test suites of Engine.IO 4 and Socket.IO 5 expect on localhost:3000, made of the same
// library as the product, and a bare WebSocket echo at /echo. See docs/realtime.md for how to run them.

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/log.h"
#include "net/engineio_server.h"
#include "net/server.h"
#include "net/socketio_server.h"

namespace taskgate::net {
namespace {

class Echo final : public EngineListener {
 public:
  explicit Echo(std::weak_ptr<EngineConnection> connection) : connection_(std::move(connection)) {}
  void on_message(std::string_view data, bool binary) override {
    const auto connection = connection_.lock();
    if (!connection) return;
    const auto frame = binary ? sio::binary_frame(std::make_shared<const std::string>(data)) : sio::message_frame(data);
    connection->send(std::vector<sio::EngineFrame>{frame});
  }
  void on_close(std::string_view) override {}

 private:
  std::weak_ptr<EngineConnection> connection_;
};

// A bare WebSocket that echoes: what Autobahn's fuzzing client talks to.
WebSocketDecision accept_echo() {
  WebSocketDecision decision;
  decision.message_bytes_max = 64U * 1024 * 1024;
  decision.accept = [](const std::shared_ptr<WebSocket>& websocket) {
    WebSocketEvents events;
    events.on_message = [websocket](std::string_view message, bool binary) {
      websocket->send({std::make_shared<const std::string>(message), binary});
    };
    events.on_close = [](bool) {};
    return events;
  };
  return decision;
}

template <class Options>
void use_suite_settings(Options& options) {
  options.ping_interval = std::chrono::milliseconds{300};
  options.ping_timeout = std::chrono::milliseconds{200};
  options.max_http_buffer_size = 1'000'000;
  options.cors.any_origin = true;
}

EngineOptions echo_options(bool allow_revision_3) {
  EngineOptions options;
  options.allow_revision_3 = allow_revision_3;
  use_suite_settings(options);
  return options;
}

SocketIoOptions suite_options(bool allow_revision_3) {
  SocketIoOptions options;
  options.engine.allow_revision_3 = allow_revision_3;
  use_suite_settings(options.engine);
  options.connect_timeout = std::chrono::milliseconds{1'000};
  return options;
}

void describe_suite(SocketIoServer& io) {
  io.on_connection([](const SocketPtr& socket) { socket->emit("auth", socket->handshake().auth); });
  io.on("message",
        [](const SocketPtr& socket, Event& event) { socket->emit("message-back", event.arguments.forward()); });
  io.on("message-with-ack", [](const SocketPtr&, Event& event) { event.ack(event.arguments.forward()); });
  io.of("/custom").on_connection([](const SocketPtr& socket) { socket->emit("auth", socket->handshake().auth); });
}

// Both servers behind one HTTP server.
class Fixture {
 public:
  Fixture(std::uint16_t port, bool allow_revision_3)
      : server_(server_options(port), http_handler(), websocket_handler(), metrics_),
        echo_(echo_options(allow_revision_3), server_.loops(),
              [](const std::shared_ptr<EngineConnection>& connection) { return std::make_shared<Echo>(connection); }),
        io_(suite_options(allow_revision_3), server_.loops()) {
    describe_suite(io_);
  }

  void run(const sigset_t& signals) {
    server_.start();
    std::cout << "listening on localhost:" << server_.port() << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    echo_.stop(std::chrono::seconds{1});
    io_.stop(std::chrono::seconds{1});
    server_.stop(std::chrono::seconds{1});
  }

 private:
  ServerOptions server_options(std::uint16_t port) {
    ServerOptions options;
    options.host = "localhost";
    options.port = port;
    options.access_log = false;
    options.body_bytes_max = [this](const Request&) { return io_.body_bytes_max(); };
    options.on_refusal = [](const Request&, Response& response) {
      if (response.status == 413) response.body = std::make_shared<const std::string>();
    };
    return options;
  }

  HttpHandler http_handler() {
    return [this](Request request) { return answer(*this, std::move(request)); };
  }
  WebSocketHandler websocket_handler() {
    return [this](Request request) { return decide(*this, std::move(request)); };
  }

  static Awaitable<Response> answer(Fixture& self, Request request) {
    if (self.io_.owns(request.path)) co_return co_await self.io_.handle_http(std::move(request));
    if (self.echo_.owns(request.path)) co_return co_await self.echo_.handle_http(std::move(request));
    co_return Response::text(404, "text/plain", "not found");
  }
  static Awaitable<WebSocketDecision> decide(Fixture& self, Request request) {
    if (self.io_.owns(request.path)) co_return co_await self.io_.handle_upgrade(std::move(request));
    if (self.echo_.owns(request.path)) co_return co_await self.echo_.handle_upgrade(std::move(request));
    if (request.path == "/echo") co_return accept_echo();
    WebSocketDecision decision;
    decision.refusal = Response::text(404, "text/plain", "not found");
    co_return decision;
  }

  Metrics metrics_;
  Server server_;
  EngineServer echo_;
  SocketIoServer io_;
};

struct Arguments {
  std::uint16_t port = 3000;
  bool allow_revision_3 = false;
};

Arguments read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--port" && i + 1 < argc) {
      arguments.port = static_cast<std::uint16_t>(std::atoi(argv[++i]));
    } else if (argument == "--allow-eio3") {
      arguments.allow_revision_3 = true;
    } else {
      std::cerr << "usage: sio-fixture [--port PORT] [--allow-eio3]\n";
      std::exit(2);
    }
  }
  return arguments;
}

}  // namespace
}  // namespace taskgate::net

int main(int argc, char** argv) {
  try {
    const auto arguments = taskgate::net::read_arguments(argc, argv);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    taskgate::initialize_crypto();
    taskgate::log::configure(taskgate::log::Level::warning, taskgate::log::Format::text);
    taskgate::net::Fixture fixture(arguments.port, arguments.allow_revision_3);
    fixture.run(signals);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "sio-fixture: " << error.what() << '\n';
    return 1;
  }
}
