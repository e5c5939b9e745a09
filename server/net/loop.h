#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::net {

using Moment = std::chrono::steady_clock::time_point;
// A deadline that never comes.
inline constexpr Moment never = Moment::max();

// A connection, as its loop sees it. All calls happen on the loop's thread.
class LoopMember {
 public:
  virtual ~LoopMember() = default;
  virtual void on_tick(Moment now) = 0;  // about ten times a second: check deadlines
  virtual void on_turn_end() {}          // asked for by Loop::call_at_turn_end
  virtual void drain() = 0;              // the server stops: finish what is owed, then leave
  virtual void abort() = 0;              // leave now

 private:
  friend class Loop;
  std::list<std::shared_ptr<LoopMember>>::iterator place_;
  bool joined_ = false;
};

// One event loop: an io_context run by one thread, and the connections that live on it. Everything but the constructor,
// `run`, `executor` and `stop` is for that thread only.
//
// Deadlines are checked by one ticking timer for all members instead of one timer each: setting a deadline is an
// assignment.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until `stop`. An exception that escapes from a callback is logged and ends that callback only.
  void run();
  void stop();
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }

  void join(std::shared_ptr<LoopMember> member);
  void leave(LoopMember& member);
  // Calls `on_turn_end` once the callbacks that are ready now have run: work of one turn is gathered there.
  void call_at_turn_end(std::shared_ptr<LoopMember> member);

  // Tells every member to finish; `when_empty` is called as soon as none is left (at once, or later, exactly once).
  void drain(std::function<void()> when_empty);
  [[nodiscard]] bool draining() const { return draining_; }
  void abort_members();

  // The current HTTP date; the view is valid until the next call.
  [[nodiscard]] std::string_view date();
  // 13 characters, unique for practical purposes; short enough to need no memory of its own.
  [[nodiscard]] std::string make_request_id();
  // Room to assemble a gathered write that is done with before the callback returns.
  [[nodiscard]] std::span<char> scratch() { return scratch_; }

 private:
  void tick();
  void end_turn();
  void report_if_empty();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  bool ticking_ = false;
  std::list<std::shared_ptr<LoopMember>> members_;
  std::vector<std::shared_ptr<LoopMember>> turn_end_;
  bool draining_ = false;
  std::function<void()> when_empty_;
  std::time_t date_time_ = 0;
  std::array<char, 32> date_{};
  std::size_t date_size_ = 0;
  std::uint64_t random_state_;
  std::array<char, 32 * 1024> scratch_{};
};

}  // namespace taskgate::net
