#include "net/engineio_loop.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <span>

#include "base/crypto.h"
#include "net/engineio_connection.h"

namespace taskgate::net {
namespace {

constexpr std::size_t sid_bytes = 15;

}  // namespace

bool runs_here(const boost::asio::any_io_executor& executor) {
  const auto* context = executor.target<boost::asio::io_context::executor_type>();
  return context != nullptr && context->running_in_this_thread();
}

EngineLoop::EngineLoop(std::size_t index, boost::asio::any_io_executor executor)
    : index_(index), executor_(std::move(executor)), timer_(executor_) {}

std::string EngineLoop::make_sid() const {
  std::array<std::uint8_t, sid_bytes> bytes{};
  fill_random(bytes);
  bytes[0] = static_cast<std::uint8_t>(index_);
  return to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<std::size_t> EngineLoop::index_of_sid(std::string_view sid) {
  constexpr std::size_t sid_characters = sid_bytes / 3 * 4;
  if (sid.size() != sid_characters) return std::nullopt;
  const std::optional<std::string> bytes = from_base64url(sid);
  if (!bytes) return std::nullopt;
  return static_cast<unsigned char>(bytes->front());
}

void EngineLoop::add(const std::shared_ptr<EngineConnection>& connection) {
  sessions_.emplace(connection->sid(), connection);
}

void EngineLoop::remove(const std::string& sid) { sessions_.erase(sid); }

std::shared_ptr<EngineConnection> EngineLoop::find(std::string_view sid) const {
  const auto found = sessions_.find(sid);
  return found == sessions_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<EngineConnection>> EngineLoop::all() const {
  std::vector<std::shared_ptr<EngineConnection>> connections;
  connections.reserve(sessions_.size());
  for (const auto& [sid, connection] : sessions_) connections.push_back(connection);
  return connections;
}

void EngineLoop::schedule(EngineConnection& connection, sio::Moment when) {
  if (when >= connection.scheduled_for) return;
  connection.scheduled_for = when;
  deadlines_.push({when, connection.weak_from_this()});
  if (when < armed_for_) arm();
}

void EngineLoop::arm() {
  armed_for_ = deadlines_.empty() ? sio::Moment::max() : deadlines_.top().when;
  if (deadlines_.empty()) return;
  timer_.expires_at(armed_for_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->on_timer();
  });
}

void EngineLoop::on_timer() {
  const sio::Moment now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.top().when <= now) {
    const Entry entry = deadlines_.top();
    deadlines_.pop();
    const auto connection = entry.connection.lock();
    // An entry that was overtaken by an earlier one is void.
    if (!connection || connection->scheduled_for != entry.when) continue;
    connection->scheduled_for = sio::Moment::max();
    connection->tick(now);
  }
  arm();
}

}  // namespace taskgate::net
