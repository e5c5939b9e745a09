#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sio/engineio_session.h"

namespace taskgate::net {

class EngineConnection;

// Whether the calling thread is running this executor (of an io_context). False when that cannot be known.
[[nodiscard]] bool runs_here(const boost::asio::any_io_executor& executor);

// The sessions that live on one loop, and their deadlines: one timer for all of them, a deadline that moves later costs
// nothing. For the loop's thread only, but for the constructor, `index` and `executor`.
class EngineLoop : public std::enable_shared_from_this<EngineLoop> {
 public:
  EngineLoop(std::size_t index, boost::asio::any_io_executor executor);

  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }

  // A new session id: 120 bits in base64url, of which the first 8 name the loop and the rest are random.
  [[nodiscard]] std::string make_sid() const;
  // The loop that a session id names; nothing for a text that is no session id.
  [[nodiscard]] static std::optional<std::size_t> index_of_sid(std::string_view sid);

  void add(const std::shared_ptr<EngineConnection>& connection);
  void remove(const std::string& sid);
  [[nodiscard]] std::shared_ptr<EngineConnection> find(std::string_view sid) const;
  [[nodiscard]] std::vector<std::shared_ptr<EngineConnection>> all() const;

  // Sees to it that the connection is ticked no later than `when`.
  void schedule(EngineConnection& connection, sio::Moment when);

 private:
  struct Entry {
    sio::Moment when;
    std::weak_ptr<EngineConnection> connection;
    bool operator>(const Entry& other) const { return when > other.when; }
  };
  struct SidHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  void arm();
  void on_timer();

  std::size_t index_;
  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  sio::Moment armed_for_ = sio::Moment::max();
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> deadlines_;
  std::unordered_map<std::string, std::shared_ptr<EngineConnection>, SidHash, std::equal_to<>> sessions_;
};

}  // namespace taskgate::net
