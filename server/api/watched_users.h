#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/ids.h"

namespace taskgate::api {

// Whose sockets are open, so that news about a job of somebody who does not listen need not be written. It may say yes
// about a user who has none (two may share a place), never no about one who has. Lock-free; any thread.
class WatchedUsers {
 public:
  void add(const UserId& user) { place_of(user).fetch_add(1, std::memory_order_relaxed); }
  // Once for each add().
  void remove(const UserId& user) { place_of(user).fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] bool may_have(const UserId& user) const {
    return places_[index_of(user)].load(std::memory_order_relaxed) > 0;
  }

 private:
  static constexpr std::size_t places_count = 4'096;

  static std::size_t index_of(const UserId& user) { return std::hash<UserId>{}(user) % places_count; }
  std::atomic<std::uint32_t>& place_of(const UserId& user) { return places_[index_of(user)]; }

  std::array<std::atomic<std::uint32_t>, places_count> places_{};
};

}  // namespace taskgate::api
