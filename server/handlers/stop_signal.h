#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace taskgate::handlers {

// Tells work that blocks a thread to stop. Raised once, from any thread; `descriptor()` is readable from then on, so
// that poll(2) can wait for it beside pipes and sockets.
class StopSignal {
 public:
  StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~StopSignal() { ::close(descriptor_); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise() {
    if (raised_.exchange(true)) return;
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from full.
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  }
  [[nodiscard]] bool raised() const { return raised_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::atomic<bool> raised_{false};
};

}  // namespace taskgate::handlers
