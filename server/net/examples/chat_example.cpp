// A chat server in thirty lines: `socket.emit("say", "hello")` reaches everybody else in the lobby.
#include <csignal>

#include "base/crypto.h"
#include "net/server.h"
#include "net/socketio_server.h"

using namespace taskgate;

int main() {
  initialize_crypto();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Metrics metrics;
  net::SocketIoServer* io_server = nullptr;
  const net::ServerOptions options;  // port 3000, two loops
  net::Server server(
      options, [&](net::Request request) { return io_server->handle_http(std::move(request)); },
      [&](net::Request request) { return io_server->handle_upgrade(std::move(request)); }, metrics);
  net::SocketIoServer io({}, server.loops());
  io_server = &io;

  io.on_connection([](const net::SocketPtr& socket) { socket->join("lobby"); });
  io.on("say", [](const net::SocketPtr& socket, net::Event& event) {
    socket->to("lobby").emit("said", event.arguments.forward());
    event.ack(R"({"ok":true})");
  });

  server.start();
  int signal = 0;
  sigwait(&signals, &signal);
  io.stop();
  server.stop(std::chrono::seconds{1});
}
