#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "accounts/session.h"

namespace taskgate::accounts {

// What the store said about sessions a moment ago, so that not every request asks it. Entries are believed for
// `lifetime`; a change made by this program drops what it concerns at once, also what is being read while the change is
// made. At most `sessions_max` entries. Thread-safe; a look-up takes one uncontended lock.
class AuthorityCache {
 public:
  explicit AuthorityCache(std::chrono::milliseconds lifetime, std::size_t sessions_max = 100'000);

  [[nodiscard]] std::optional<SessionAuthority> find(const SessionId& id, Time now);

  // Take the ticket before reading the store, give it back with what was read: nothing is kept if something was dropped
  // in between.
  using Ticket = std::uint64_t;
  [[nodiscard]] Ticket ticket() const { return drops_.load(std::memory_order_acquire); }
  void put(const SessionId& id, SessionAuthority authority, Time now, Ticket ticket);

  void drop(const SessionId& id);
  void drop_user(const UserId& id);

 private:
  struct Entry {
    SessionAuthority authority;
    Time read_at;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<SessionId, Entry> entries;
  };
  Shard& shard_of(const SessionId& id) { return shards_[id.bytes[0] % shards_.size()]; }

  std::chrono::milliseconds lifetime_;
  std::size_t shard_entries_max_;
  std::atomic<Ticket> drops_{0};
  std::array<Shard, 16> shards_;
};

}  // namespace taskgate::accounts
