#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "accounts/api_key.h"
#include "accounts/session.h"

namespace taskgate::accounts {

// What the store said about sessions (or API keys) a moment ago, so that not every request asks it. Entries are
// believed for `lifetime`; a change made by this program drops what it concerns at once, also what is being read while
// the change is made. At most `entries_max` entries. Thread-safe; a look-up takes one uncontended lock.
template <class Id, class Authority, class Hash = std::hash<Id>>
class BasicAuthorityCache {
 public:
  explicit BasicAuthorityCache(std::chrono::milliseconds lifetime, std::size_t entries_max = 100'000);

  [[nodiscard]] std::optional<Authority> find(const Id& id, Time now);

  // Take the ticket before reading the store, give it back with what was read: nothing is kept if something was dropped
  // in between.
  using Ticket = std::uint64_t;
  [[nodiscard]] Ticket ticket() const { return drops_.load(std::memory_order_acquire); }
  void put(const Id& id, Authority authority, Time now, Ticket ticket);

  void drop(const Id& id);
  void drop_user(const UserId& id);

 private:
  struct Entry {
    Authority authority;
    Time read_at;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Id, Entry, Hash> entries;
  };
  Shard& shard_of(const Id& id) { return shards_[Hash{}(id) % shards_.size()]; }

  std::chrono::milliseconds lifetime_;
  std::size_t shard_entries_max_;
  std::atomic<Ticket> drops_{0};
  std::array<Shard, 16> shards_;
};

// A digest is as good as random already.
struct DigestHash {
  std::size_t operator()(const Sha256Digest& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
  }
};

extern template class BasicAuthorityCache<SessionId, SessionAuthority>;
extern template class BasicAuthorityCache<Sha256Digest, ApiKeyAuthority, DigestHash>;
using AuthorityCache = BasicAuthorityCache<SessionId, SessionAuthority>;
using ApiKeyCache = BasicAuthorityCache<Sha256Digest, ApiKeyAuthority, DigestHash>;

}  // namespace taskgate::accounts
