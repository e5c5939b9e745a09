#include "net/engineio_drain.h"

#include <algorithm>
#include <random>
#include <utility>

#include "net/engineio_connection.h"

namespace taskgate::net {
namespace {

constexpr const char* reason = "server shutting down";
// Closings this close together are made in one turn of the loop.
constexpr std::chrono::milliseconds turn{5};

}  // namespace

EngineDrain::EngineDrain(std::shared_ptr<EngineLoop> loop, std::function<void()> done)
    : loop_(std::move(loop)), done_(std::move(done)), timer_(loop_->executor()) {}

void EngineDrain::start(std::chrono::milliseconds spread) {
  const sio::Moment now = std::chrono::steady_clock::now();
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<std::chrono::microseconds::rep> delay(0, std::chrono::microseconds(spread).count());
  for (const auto& connection : loop_->all()) {
    left_.push_back({now + std::chrono::microseconds(delay(random)), connection});
  }
  std::sort(left_.begin(), left_.end(), [](const Closing& a, const Closing& b) { return a.when > b.when; });
  close_due();
}

void EngineDrain::close_due() {
  const sio::Moment until = std::chrono::steady_clock::now() + turn;
  while (!left_.empty() && left_.back().when <= until) {
    const auto connection = left_.back().connection.lock();
    left_.pop_back();
    if (connection) connection->abandon(reason);
  }
  if (!left_.empty()) return wait();
  for (const auto& late : loop_->all()) late->abandon(reason);  // those that were being opened meanwhile
  std::exchange(done_, nullptr)();
}

void EngineDrain::wait() {
  timer_.expires_at(left_.back().when);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (!cancelled) self->close_due();
  });
}

}  // namespace taskgate::net
