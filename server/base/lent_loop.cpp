#include <mutex>
#include <vector>

#include "base/async.h"

namespace taskgate {

namespace {

// The loops nobody uses at the moment; they live until the program ends.
class FreeLoops {
 public:
  std::unique_ptr<boost::asio::io_context> take() {
    const std::lock_guard lock(mutex_);
    if (loops_.empty()) return std::make_unique<boost::asio::io_context>(1);
    auto loop = std::move(loops_.back());
    loops_.pop_back();
    return loop;
  }
  void give_back(std::unique_ptr<boost::asio::io_context> loop) {
    const std::lock_guard lock(mutex_);
    loops_.push_back(std::move(loop));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<boost::asio::io_context>> loops_;
};

FreeLoops& free_loops() {
  static FreeLoops loops;
  return loops;
}

}  // namespace

LentLoop::LentLoop() : loop_(free_loops().take()) { loop_->restart(); }

LentLoop::~LentLoop() { free_loops().give_back(std::move(loop_)); }

}  // namespace taskgate
