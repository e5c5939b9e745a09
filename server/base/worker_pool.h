#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/async.h"

namespace taskgate {

// A fixed number of threads with a bounded queue, for work that blocks or computes long: password hashing, SMTP, files,
// slow reads. The loops never run such work themselves.
class WorkerPool {
 public:
  // Who asks: the last `reserved` places are for `preferred` tasks only.
  enum class Standing : std::uint8_t { ordinary, preferred };

  // `queue_max` is how many tasks may wait beyond those that run.
  WorkerPool(std::string name, std::size_t threads, std::size_t queue_max, std::size_t reserved = 0);
  ~WorkerPool();  // same as stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Queues a task that must not throw. False when the queue is full, for its standing, or the pool has stopped; the
  // task is then not run.
  [[nodiscard]] bool try_post(std::function<void()> task, Standing standing = Standing::ordinary);
  // Whether an ordinary task would be refused now.
  [[nodiscard]] bool crowded() const;
  // Runs what is queued, then ends the threads. Idempotent.
  void stop();
  [[nodiscard]] std::size_t waiting() const;

 private:
  void work();
  [[nodiscard]] std::size_t places_for(Standing standing) const;

  std::string name_;
  std::size_t queue_max_;
  std::size_t reserved_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Runs `work` (a callable without arguments, returning T) in the pool and resumes the caller on its own executor with
// the value; what `work` throws is rethrown to the caller. Nothing when the pool is full: answer 503.
template <class T, class Work>
Awaitable<std::optional<T>> run_in(WorkerPool& pool, Work work,
                                   WorkerPool::Standing standing = WorkerPool::Standing::ordinary) {
  struct State {
    std::optional<T> value;
    std::exception_ptr failure;
  };
  auto state = std::make_shared<State>();
  auto initiate = [&pool, state, &work, standing](auto handler) {
    auto executor = boost::asio::get_associated_executor(handler);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto finish = [shared, executor]() { boost::asio::post(executor, [shared]() { std::move (*shared)(); }); };
    auto guard = boost::asio::make_work_guard(executor);
    auto task = [state, finish, guard, run = std::move(work)]() mutable {
      try {
        state->value.emplace(run());
      } catch (...) {
        state->failure = std::current_exception();
      }
      finish();
      guard.reset();
    };
    if (!pool.try_post(std::move(task), standing)) finish();
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiate,
                                                                                     boost::asio::use_awaitable);
  if (state->failure) std::rethrow_exception(state->failure);
  co_return std::move(state->value);
}

}  // namespace taskgate
