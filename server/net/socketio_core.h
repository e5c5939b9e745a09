#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/engineio_server.h"
#include "net/socketio_rooms.h"
#include "net/socketio_server.h"

namespace taskgate::net {

// What a namespace was configured to do. Not changed once the loops run, so every loop may read it.
struct NamespacePlan {
  std::string name;
  std::vector<Middleware> middlewares;
  std::vector<ConnectionHandler> connection_handlers;
  std::unordered_map<std::string, EventHandler> handlers;
  EventHandler any_handler;

  // By loop: what that loop owns, and a count that everybody may read.
  struct Shard {
    RoomDirectory rooms;
    std::atomic<std::size_t> sockets{0};
  };
  std::vector<std::unique_ptr<Shard>> shards;
};

struct SocketIoCounters {
  std::atomic<std::uint64_t> sockets{0};
  std::atomic<std::uint64_t> events_in{0};
  std::atomic<std::uint64_t> events_out{0};
  std::atomic<std::uint64_t> rate_limited{0};
};

// What the parts of a Socket.IO server share: the options, the namespaces, the counters, the way to the loops.
class SocketCore : public std::enable_shared_from_this<SocketCore> {
 public:
  explicit SocketCore(SocketIoOptions options) : options_(std::move(options)), accounts_(options_.account) {}

  [[nodiscard]] const SocketIoOptions& options() const { return options_; }
  [[nodiscard]] SocketIoCounters& counters() { return counters_; }
  [[nodiscard]] AccountBudgets& accounts() { return accounts_; }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view nsp) const;
  [[nodiscard]] std::size_t find_or_add(std::string_view nsp);
  [[nodiscard]] NamespacePlan& plan(std::size_t nsp) { return *plans_[nsp]; }
  [[nodiscard]] std::size_t sockets_in(std::size_t nsp) const;

  // Set once, right after construction.
  void set_loops(std::vector<std::shared_ptr<EngineLoop>> loops) { loops_ = std::move(loops); }
  [[nodiscard]] const std::vector<std::shared_ptr<EngineLoop>>& loops() const { return loops_; }

  // Runs `visit` for the sockets that a broadcast selects, on their loops: at once on the loop of the calling thread,
  // posted to others.
  void visit(const Broadcast& broadcast, const std::function<void(Socket&)>& visit);

 private:
  friend class Broadcast;
  void visit_shard(const Broadcast& broadcast, std::size_t loop, const std::function<void(Socket&)>& visit);

  SocketIoOptions options_;
  SocketIoCounters counters_;
  AccountBudgets accounts_;
  std::vector<std::unique_ptr<NamespacePlan>> plans_;
  std::vector<std::shared_ptr<EngineLoop>> loops_;
};

}  // namespace taskgate::net
