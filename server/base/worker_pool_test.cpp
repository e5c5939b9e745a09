#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace taskgate {
namespace {

Awaitable<std::optional<int>> run_number(WorkerPool& pool, int number) {
  auto work = [number]() { return number * 2; };
  co_return co_await run_in<int>(pool, work);
}

Awaitable<std::optional<int>> run_failing(WorkerPool& pool) {
  auto work = []() -> int { throw std::runtime_error("no"); };
  co_return co_await run_in<int>(pool, work);
}

TEST(WorkerPool, GivesTheValueBackToTheCaller) {
  WorkerPool pool("test", 2, 10);
  EXPECT_EQ(run_to_completion(run_number(pool, 21)), 42);
}

TEST(WorkerPool, RethrowsToTheCaller) {
  WorkerPool pool("test", 1, 10);
  EXPECT_THROW(run_to_completion(run_failing(pool)), std::runtime_error);
}

TEST(WorkerPool, KeepsItsLastPlacesForPreferredTasks) {
  WorkerPool pool("test", 1, 7, 2);
  std::promise<void> gate;
  std::promise<void> started;
  auto opened = gate.get_future().share();
  ASSERT_TRUE(pool.try_post([opened, &started] {
    started.set_value();
    opened.wait();
  }));
  started.get_future().wait();
  EXPECT_FALSE(pool.crowded());
  int ordinary = 0;
  while (pool.try_post([] {})) ++ordinary;
  EXPECT_EQ(ordinary, 6);
  EXPECT_TRUE(pool.crowded());
  int preferred = 0;
  while (pool.try_post([] {}, WorkerPool::Standing::preferred)) ++preferred;
  EXPECT_EQ(preferred, 2);
  gate.set_value();
}

TEST(WorkerPool, RefusesWhenFullAndAfterStop) {
  WorkerPool pool("test", 1, 1);
  std::promise<void> gate;
  std::promise<void> started;
  auto opened = gate.get_future().share();
  ASSERT_TRUE(pool.try_post([opened, &started] {
    started.set_value();
    opened.wait();
  }));
  started.get_future().wait();
  int taken = 0;
  while (pool.try_post([] {})) ++taken;
  EXPECT_GE(taken, 1);
  EXPECT_LE(taken, 2);
  EXPECT_EQ(run_to_completion(run_number(pool, 1)), std::nullopt);
  gate.set_value();
  pool.stop();
  EXPECT_FALSE(pool.try_post([] {}));
}

TEST(WorkerPool, RunsWhatIsQueuedBeforeItStops) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool("test", 2, 100);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.try_post([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

}  // namespace
}  // namespace taskgate
