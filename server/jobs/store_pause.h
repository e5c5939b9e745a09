#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/async.h"
#include "jobs/alarm.h"

namespace taskgate::jobs {

// The pause between attempts to reach a broken store: 100 ms, doubling to 5 s, from the start again after a success.
class StorePause {
 public:
  explicit StorePause(std::shared_ptr<Alarm> alarm) : alarm_(std::move(alarm)) {}
  void succeeded() { failures_ = 0; }
  // Logs the failure and waits; ends early when rung.
  Awaitable<void> after_failure(std::string doing, std::string error);
  void ring() { alarm_->ring(); }

 private:
  std::shared_ptr<Alarm> alarm_;
  int failures_ = 0;
};

// What the call gives; nothing when the store is broken, after the failure was logged and the pause is over. `doing`
// names the call in the log.
template <class T>
Awaitable<std::optional<T>> try_store(Awaitable<T> call, std::string doing, StorePause& pause) {
  std::optional<T> answer;
  std::string failure;
  try {
    T value = co_await std::move(call);
    answer.emplace(std::move(value));
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (answer) {
    pause.succeeded();
  } else {
    co_await pause.after_failure(std::move(doing), std::move(failure));
  }
  co_return answer;
}

}  // namespace taskgate::jobs
