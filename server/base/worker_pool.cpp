#include "base/worker_pool.h"

namespace taskgate {

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t queue_max, std::size_t reserved)
    : name_(std::move(name)), queue_max_(queue_max), reserved_(reserved) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(&WorkerPool::work, this);
}

WorkerPool::~WorkerPool() { stop(); }

std::size_t WorkerPool::places_for(Standing standing) const {
  const std::size_t all = queue_max_ + threads_.size();
  if (standing == Standing::preferred) return all;
  return all > reserved_ ? all - reserved_ : 0;
}

bool WorkerPool::crowded() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= places_for(Standing::ordinary);
}

bool WorkerPool::try_post(std::function<void()> task, Standing standing) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= places_for(standing)) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::work() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace taskgate
