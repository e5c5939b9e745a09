#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

namespace taskgate {

// The coroutine type of everything that waits. A coroutine resumes on the executor it was spawned on, whatever threads
// did the work in between.
template <class T>
using Awaitable = boost::asio::awaitable<T>;

// A loop lent to one thread. Loops are used again and again and end with the program only: whoever resumed the last
// coroutine on one may still be inside its `post` when the coroutine has ended, so destroying the loop then would pull
// it from under that thread.
class LentLoop {
 public:
  LentLoop();   // takes a free loop, or makes one
  ~LentLoop();  // gives it back; nothing may be running on it
  LentLoop(const LentLoop&) = delete;
  LentLoop& operator=(const LentLoop&) = delete;
  [[nodiscard]] boost::asio::io_context& operator*() const { return *loop_; }

 private:
  std::unique_ptr<boost::asio::io_context> loop_;
};

// Runs a coroutine to its end on a loop of its own in the calling thread and gives its value, or throws what it threw.
// For threads that may block: the command line, pools, tests; never call it on a loop.
template <class T>
T run_to_completion(Awaitable<T> task) {
  const LentLoop lent;
  boost::asio::io_context& loop = *lent;
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(task), [&failure](std::exception_ptr error) { failure = error; });
    loop.run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(task), [&failure, &value](std::exception_ptr error, T result) {
      failure = error;
      if (!error) value.emplace(std::move(result));
    });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }
}

}  // namespace taskgate
