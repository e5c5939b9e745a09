#include "accounts/authority_cache.h"

#include <algorithm>
#include <utility>

namespace taskgate::accounts {

template <class Id, class Authority, class Hash>
BasicAuthorityCache<Id, Authority, Hash>::BasicAuthorityCache(std::chrono::milliseconds lifetime,
                                                              std::size_t entries_max)
    : lifetime_(lifetime), shard_entries_max_(std::max<std::size_t>(1, entries_max / shards_.size())) {}

template <class Id, class Authority, class Hash>
std::optional<Authority> BasicAuthorityCache<Id, Authority, Hash>::find(const Id& id, Time now) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(id);
  if (found == shard.entries.end()) return std::nullopt;
  // Also when the clock was set back: an entry from the future says nothing about its age.
  const auto age = now - found->second.read_at;
  if (age < std::chrono::milliseconds{0} || age >= lifetime_) {
    shard.entries.erase(found);
    return std::nullopt;
  }
  return found->second.authority;
}

template <class Id, class Authority, class Hash>
void BasicAuthorityCache<Id, Authority, Hash>::put(const Id& id, Authority authority, Time now, Ticket ticket) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  // Checked under the shard's lock: a drop raises the number first and then takes this lock, so it finds what is put
  // before it.
  if (drops_.load(std::memory_order_acquire) != ticket) return;
  if (shard.entries.size() >= shard_entries_max_ && !shard.entries.contains(id)) {
    std::erase_if(shard.entries, [&](const auto& entry) { return now - entry.second.read_at >= lifetime_; });
    if (shard.entries.size() >= shard_entries_max_) shard.entries.clear();
  }
  shard.entries.insert_or_assign(id, Entry{std::move(authority), now});
}

template <class Id, class Authority, class Hash>
void BasicAuthorityCache<Id, Authority, Hash>::drop(const Id& id) {
  drops_.fetch_add(1, std::memory_order_acq_rel);
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  shard.entries.erase(id);
}

template <class Id, class Authority, class Hash>
void BasicAuthorityCache<Id, Authority, Hash>::drop_user(const UserId& id) {
  drops_.fetch_add(1, std::memory_order_acq_rel);
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    std::erase_if(shard.entries, [&](const auto& entry) { return entry.second.authority.user_id == id; });
  }
}

template class BasicAuthorityCache<SessionId, SessionAuthority>;
template class BasicAuthorityCache<Sha256Digest, ApiKeyAuthority, DigestHash>;

}  // namespace taskgate::accounts
