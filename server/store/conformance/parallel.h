#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/async.h"

namespace taskgate::conformance {

// Runs all tasks at once, spread over `loops` threads, and gives their values in order. Throws what the first failing
// one threw.
template <class T>
std::vector<T> run_in_parallel(std::vector<Awaitable<T>> tasks, std::size_t loops = 2) {
  std::vector<std::unique_ptr<LentLoop>> contexts;
  for (std::size_t i = 0; i < loops; ++i) contexts.push_back(std::make_unique<LentLoop>());
  std::vector<std::optional<T>> values(tasks.size());
  std::vector<std::exception_ptr> failures(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto keep = [&value = values[i], &failure = failures[i]](std::exception_ptr error, T result) {
      failure = error;
      if (!error) value.emplace(std::move(result));
    };
    boost::asio::co_spawn(**contexts[i % loops], std::move(tasks[i]), keep);
  }
  std::vector<std::thread> threads;
  for (auto& context : contexts) threads.emplace_back([&context] { (**context).run(); });
  for (auto& thread : threads) thread.join();
  std::vector<T> results;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (failures[i]) std::rethrow_exception(failures[i]);
    results.push_back(std::move(*values[i]));
  }
  return results;
}

}  // namespace taskgate::conformance
