#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <thread>

#include "base/log.h"

namespace taskgate::app {

// One event loop on one thread, for tasks that belong to no connection: the job runner, housekeeping.
class ThreadLoop {
 public:
  ThreadLoop() : context_(1), work_(context_.get_executor()), thread_([this] { run(); }) {}
  ~ThreadLoop() {
    context_.stop();
    thread_.join();
  }
  ThreadLoop(const ThreadLoop&) = delete;
  ThreadLoop& operator=(const ThreadLoop&) = delete;

  [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }

 private:
  // An exception that escapes from a callback ends that callback only, not the program.
  void run() {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& failure) {
        log::error("a callback on the engine's loop failed", {{"error", failure.what()}});
      }
    }
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace taskgate::app
