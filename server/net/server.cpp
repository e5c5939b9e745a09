#include "net/server.h"

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "net/listener.h"
#include "net/server_context.h"

namespace taskgate::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// How long connections that were aborted at the end of the grace may take to unwind.
constexpr std::chrono::milliseconds unwind_time{500};

// Lets one thread wait until every loop has reported.
class Countdown {
 public:
  explicit Countdown(std::size_t count) : count_(count) {}
  void count_down() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) reached_.notify_all();
  }
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return reached_.wait_for(lock, time, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable reached_;
  std::size_t count_;
};

std::string sentence(const tcp::endpoint& endpoint, const boost::system::error_code& ec) {
  const auto where = fmt::format("cannot listen on {} port {}", endpoint.address().to_string(), endpoint.port());
  if (ec == asio::error::address_in_use) return where + ": the port is in use by another program";
  if (ec == asio::error::access_denied) return where + ": permission denied (ports below 1024 need privileges)";
  if (ec == boost::system::errc::address_not_available) return where + ": this machine does not have the address";
  return where + ": " + ec.message();
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(ServerOptions options, HttpHandler http, WebSocketHandler websocket, Metrics& metrics)
      : context(std::move(options), std::move(http), std::move(websocket), metrics) {}

  void listen();
  void listen_on(tcp::endpoint endpoint);
  void run();
  void stop_accepting();
  void stop(std::chrono::milliseconds grace);

  ServerContext context;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
  bool stopped = false;
};

// One acceptor for each loop on the same address and port.
void Server::Implementation::listen_on(tcp::endpoint endpoint) {
  const bool shared_port = context.loops.size() > 1;
  if (shared_port && endpoint.port() != 0) {
    // A shared port would be shared with another server of the same user too, without an error: ask for it alone first.
    asio::io_context probe;
    (void)open_acceptor(probe, endpoint, false);
  }
  for (const auto& loop : context.loops) {
    auto acceptor = open_acceptor(loop->context(), endpoint, shared_port);
    endpoint.port(acceptor.local_endpoint().port());
    listeners.push_back(std::make_shared<Listener>(std::move(acceptor), *loop, context));
  }
  port = endpoint.port();
}

void Server::Implementation::listen() {
  std::string failure;
  for (auto endpoint : resolve_listen_addresses(context.options.host, context.options.port)) {
    if (endpoint.port() == 0) endpoint.port(port);  // all addresses of a name get the same free port
    try {
      listen_on(endpoint);
    } catch (const boost::system::system_error& error) {
      // A name such as localhost may stand for an address family that this machine lacks.
      const bool absent = error.code() == boost::system::errc::address_not_available ||
                          error.code() == boost::system::errc::address_family_not_supported;
      failure = sentence(endpoint, error.code());
      if (!absent) throw std::runtime_error(failure);
    }
  }
  if (listeners.empty()) throw std::runtime_error(failure);
}

void Server::Implementation::run() {
  for (const auto& listener : listeners) listener->start();
  for (const auto& loop : context.loops) {
    threads.emplace_back([&loop = *loop] { loop.run(); });
  }
}

void Server::Implementation::stop_accepting() {
  if (stopped) return;
  for (const auto& listener : listeners) {
    asio::post(listener->loop().context(), [listener] { listener->close(); });
  }
}

void Server::Implementation::stop(std::chrono::milliseconds grace) {
  if (std::exchange(stopped, true)) return;
  if (!threads.empty()) {
    const auto empty = std::make_shared<Countdown>(context.loops.size());
    for (const auto& loop : context.loops) {
      asio::post(loop->context(), [this, &loop = *loop, empty] {
        for (const auto& listener : listeners) {
          if (&listener->loop() == &loop) listener->close();
        }
        loop.drain([empty] { empty->count_down(); });
      });
    }
    if (!empty->wait_for(grace)) {
      for (const auto& loop : context.loops) {
        asio::post(loop->context(), [&loop = *loop] { loop.abort_members(); });
      }
      (void)empty->wait_for(unwind_time);
    }
  }
  for (const auto& loop : context.loops) loop->stop();
  for (auto& thread : threads) thread.join();
  threads.clear();
  listeners.clear();
}

Server::Server(ServerOptions options, HttpHandler http, WebSocketHandler websocket, Metrics& metrics)
    : implementation_(
          std::make_unique<Implementation>(std::move(options), std::move(http), std::move(websocket), metrics)) {}

Server::~Server() { stop(std::chrono::milliseconds{0}); }

void Server::start() {
  implementation_->listen();
  implementation_->run();
}

void Server::stop_accepting() { implementation_->stop_accepting(); }

void Server::stop(std::chrono::milliseconds grace) { implementation_->stop(grace); }

std::uint16_t Server::port() const { return implementation_->port; }

std::vector<asio::any_io_executor> Server::loops() const {
  std::vector<asio::any_io_executor> executors;
  for (const auto& loop : implementation_->context.loops) executors.push_back(loop->executor());
  return executors;
}

}  // namespace taskgate::net
