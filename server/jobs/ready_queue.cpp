#include "jobs/ready_queue.h"

#include <algorithm>
#include <boost/intrusive/set.hpp>
#include <cassert>
#include <cmath>
#include <functional>
#include <list>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "jobs/turn_order.h"

namespace taskgate::jobs {
namespace {

// "All types but these" is answered from an order kept for that very exclusion. Few different ones are asked for (one
// per registered catch-all handler); beyond this many, the one longest unused is dropped and built again when asked
// for, at O(users).
constexpr std::size_t exclusions_max = 8;
// Users without ready jobs whose turn is not yet due again. Beyond this many, those nearest to their turn are
// forgotten: they may then come back one turn early.
constexpr std::size_t resting_users_max = 10'000;

struct Group;

// One ready job. There may be millions: every byte counts.
struct Entry {
  JobId id;
  double priority = 0;
  Group* group = nullptr;
  turn_detail::SetHook hook;
};
static_assert(sizeof(std::pair<const JobId, Entry>) <= 56, "with the map's overhead a job must stay under 100 bytes");

bool before(const Entry& a, const Entry& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  return a.id < b.id;
}

struct BestFirst {
  bool operator()(const Entry& a, const Entry& b) const { return before(a, b); }
};
using EntrySet =
    boost::intrusive::set<Entry, boost::intrusive::compare<BestFirst>, boost::intrusive::constant_time_size<false>,
                          boost::intrusive::member_hook<Entry, turn_detail::SetHook, &Entry::hook>>;

struct User;
struct Type;

// The ready jobs of one user and one type.
struct Group {
  User* user = nullptr;
  Type* type = nullptr;
  EntrySet entries;
  Contender contender;             // in the type's order
  turn_detail::SetHook user_hook;  // in the user's set of groups
  [[nodiscard]] const Entry& head() const { return *entries.begin(); }
};

struct BestHeadFirst {
  bool operator()(const Group& a, const Group& b) const { return before(a.head(), b.head()); }
};
using GroupSet =
    boost::intrusive::set<Group, boost::intrusive::compare<BestHeadFirst>, boost::intrusive::constant_time_size<false>,
                          boost::intrusive::member_hook<Group, turn_detail::SetHook, &Group::user_hook>>;

struct User : TurnTaker {
  double weight = 1;
  GroupSet groups;
};

struct Type {
  const std::string* name = nullptr;
  std::size_t groups = 0;
  TurnOrder order;
};

// The users who have ready jobs of any type but the excluded ones.
struct Exclusion {
  std::vector<std::string> given;  // as asked for
  std::vector<std::string> sorted;
  TurnOrder order;
  std::unordered_map<const User*, Contender> contenders;

  [[nodiscard]] bool excludes(const Type& type) const {
    return std::binary_search(sorted.begin(), sorted.end(), *type.name);
  }
  // The user's group with the best job that is not excluded.
  [[nodiscard]] Group* best_group(User& user) const {
    for (Group& group : user.groups) {
      if (!excludes(*group.type)) return &group;
    }
    return nullptr;
  }
  // Brings the user's place up to date after its best jobs changed.
  void refresh(User& user) {
    const Group* best = best_group(user);
    const auto found = contenders.find(&user);
    if (found == contenders.end()) {
      if (best == nullptr) return;
      Contender& contender = contenders[&user];
      contender.user = &user;
      contender.priority = best->head().priority;
      order.enlist(contender);
    } else if (best == nullptr) {
      order.withdraw(found->second);
      contenders.erase(found);
    } else {
      order.change_priority(found->second, best->head().priority);
    }
  }
};

struct GroupKey {
  const User* user;
  const Type* type;
  bool operator==(const GroupKey&) const = default;
};
struct GroupKeyHash {
  std::size_t operator()(const GroupKey& key) const noexcept {
    return std::hash<const void*>{}(key.user) * 0x9E3779B97F4A7C15ULL + std::hash<const void*>{}(key.type);
  }
};
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace

class ReadyQueue::Implementation {
 public:
  explicit Implementation(std::uint32_t fair_share_every) : fair_share_every_(fair_share_every) {}

  void push(const ReadyJob& job);
  bool remove(JobId id);
  std::optional<ReadyJob> pop(const TypeSelection& selection);
  void set_weight(UserId id, double weight);
  [[nodiscard]] bool contains(JobId id) const { return entries_.contains(id); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::optional<std::size_t> position(JobId id) const;

 private:
  User& wake_user(UserId id);
  Group& group_of(User& user, std::string_view type_name);
  void add_to_group(Group& group, Entry& entry);
  void take_out(Entry& entry);
  void head_changed(User& user, const Type& type);
  void drop_empty(Group& group);
  void rest_user(User& user);
  void advance_turn(User& user);
  void forget_rested_users();
  [[nodiscard]] Group* next_of_listed(const std::vector<std::string>& types, bool longest_waiting);
  [[nodiscard]] Group* next_of_all_but(const std::vector<std::string>& types, bool longest_waiting);
  [[nodiscard]] Group* best_listed_group(const User& user, const std::vector<std::string>& types);
  Exclusion& exclusion(const std::vector<std::string>& types);

  std::uint32_t fair_share_every_;
  std::uint64_t claims_ = 0;
  std::uint64_t moment_ = 0;  // counts what TurnTaker::waiting_since refers to
  double virtual_time_ = 0;   // of the latest claim
  std::unordered_map<JobId, Entry> entries_;
  std::unordered_map<UserId, User> users_;
  std::unordered_map<std::string, Type, TextHash, std::equal_to<>> types_;
  std::unordered_map<GroupKey, Group, GroupKeyHash> groups_;
  std::list<Exclusion> exclusions_;  // the latest used first
  std::set<std::pair<double, UserId>>
      resting_users_;                           // without ready jobs, by their virtual time, which is ahead of ours
  std::unordered_map<UserId, double> weights_;  // those that are not 1
};

void ReadyQueue::Implementation::push(const ReadyJob& job) {
  User& user = wake_user(job.user_id);
  Group& group = group_of(user, job.type);
  const auto [place, added] = entries_.try_emplace(job.id);
  assert(added);
  Entry& entry = place->second;
  entry.id = job.id;
  entry.priority = job.priority;
  entry.group = &group;
  add_to_group(group, entry);
}

// A user that comes back starts at the current virtual time, or at its own when its last claim took it beyond that.
User& ReadyQueue::Implementation::wake_user(UserId id) {
  const auto [place, added] = users_.try_emplace(id);
  User& user = place->second;
  if (!user.groups.empty()) return user;
  if (added) {
    user.id = id;
    const auto weight = weights_.find(id);
    if (weight != weights_.end()) user.weight = weight->second;
  } else {
    resting_users_.erase({user.virtual_time, id});
  }
  user.virtual_time = std::max(user.virtual_time, virtual_time_);
  user.waiting_since = ++moment_;
  return user;
}

Group& ReadyQueue::Implementation::group_of(User& user, std::string_view type_name) {
  auto type = types_.find(type_name);
  if (type == types_.end()) {
    type = types_.try_emplace(std::string{type_name}).first;
    type->second.name = &type->first;
  }
  const GroupKey key{&user, &type->second};
  const auto [place, added] = groups_.try_emplace(key);
  Group& group = place->second;
  if (added) {
    group.user = &user;
    group.type = &type->second;
    group.contender.user = &user;
    ++type->second.groups;
  }
  return group;
}

void ReadyQueue::Implementation::add_to_group(Group& group, Entry& entry) {
  const bool first = group.entries.empty();
  if (!first && !before(entry, group.head())) {
    group.entries.insert(entry);
    return;
  }
  User& user = *group.user;
  if (!first) user.groups.erase(user.groups.iterator_to(group));
  group.entries.insert(entry);
  user.groups.insert(group);
  if (first) {
    group.contender.priority = entry.priority;
    group.type->order.enlist(group.contender);
  } else {
    group.type->order.change_priority(group.contender, entry.priority);
  }
  head_changed(user, *group.type);
}

void ReadyQueue::Implementation::take_out(Entry& entry) {
  Group& group = *entry.group;
  User& user = *group.user;
  const bool was_head = &group.head() == &entry;
  if (was_head) user.groups.erase(user.groups.iterator_to(group));
  group.entries.erase(group.entries.iterator_to(entry));
  if (was_head) {
    if (group.entries.empty()) {
      group.type->order.withdraw(group.contender);
    } else {
      user.groups.insert(group);
      group.type->order.change_priority(group.contender, group.head().priority);
    }
    head_changed(user, *group.type);
  }
  if (group.entries.empty()) drop_empty(group);
  if (user.groups.empty()) rest_user(user);
  entries_.erase(JobId{entry.id});
}

void ReadyQueue::Implementation::head_changed(User& user, const Type& type) {
  for (Exclusion& each : exclusions_) {
    if (!each.excludes(type)) each.refresh(user);
  }
}

void ReadyQueue::Implementation::drop_empty(Group& group) {
  Type& type = *group.type;
  groups_.erase(GroupKey{group.user, &type});
  if (--type.groups == 0) types_.erase(types_.find(*type.name));
}

void ReadyQueue::Implementation::rest_user(User& user) {
  if (user.virtual_time <= virtual_time_) {
    users_.erase(UserId{user.id});
    return;
  }
  resting_users_.emplace(user.virtual_time, user.id);
  forget_rested_users();
}

void ReadyQueue::Implementation::forget_rested_users() {
  while (!resting_users_.empty() &&
         (resting_users_.begin()->first <= virtual_time_ || resting_users_.size() > resting_users_max)) {
    users_.erase(resting_users_.begin()->second);
    resting_users_.erase(resting_users_.begin());
  }
}

bool ReadyQueue::Implementation::remove(JobId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  take_out(found->second);
  return true;
}

std::optional<ReadyJob> ReadyQueue::Implementation::pop(const TypeSelection& selection) {
  const bool fair_share = fair_share_every_ > 0 && (claims_ + 1) % fair_share_every_ == 0;
  Group* group =
      selection.all_but ? next_of_all_but(selection.types, fair_share) : next_of_listed(selection.types, fair_share);
  if (group == nullptr) return std::nullopt;
  Entry& entry = *group->entries.begin();
  ReadyJob job{entry.id, group->user->id, *group->type->name, entry.priority};
  ++claims_;
  advance_turn(*group->user);
  take_out(entry);
  forget_rested_users();
  return job;
}

// However long a user waited, it is owed one claim, not all those it missed: the claim lifts it to the current virtual
// time first. So a user that starts now waits for one job of every other user, and a lead never exceeds one turn
// either.
void ReadyQueue::Implementation::advance_turn(User& user) {
  virtual_time_ = std::max(virtual_time_, user.virtual_time);
  user.virtual_time = virtual_time_ + 1 / user.weight;
  user.waiting_since = ++moment_;
}

Group* ReadyQueue::Implementation::next_of_listed(const std::vector<std::string>& types, bool longest_waiting) {
  const Contender* best = nullptr;
  for (const std::string& name : types) {
    const auto type = types_.find(name);
    if (type == types_.end()) continue;
    TurnOrder& order = type->second.order;
    const Contender* next = longest_waiting ? order.next_by_wait() : order.next_by_turn();
    const auto goes_before = longest_waiting ? &TurnOrder::before_by_wait : &TurnOrder::before_by_turn;
    if (best == nullptr || goes_before(*next, *best)) best = next;
  }
  if (best == nullptr) return nullptr;
  return best_listed_group(*static_cast<const User*>(best->user), types);
}

Group* ReadyQueue::Implementation::best_listed_group(const User& user, const std::vector<std::string>& types) {
  Group* best = nullptr;
  for (const std::string& name : types) {
    const auto type = types_.find(name);
    if (type == types_.end()) continue;
    const auto found = groups_.find(GroupKey{&user, &type->second});
    if (found == groups_.end()) continue;
    if (best == nullptr || before(found->second.head(), best->head())) best = &found->second;
  }
  return best;
}

Group* ReadyQueue::Implementation::next_of_all_but(const std::vector<std::string>& types, bool longest_waiting) {
  Exclusion& asked = exclusion(types);
  const Contender* next = longest_waiting ? asked.order.next_by_wait() : asked.order.next_by_turn();
  if (next == nullptr) return nullptr;
  return asked.best_group(users_.at(next->user->id));
}

Exclusion& ReadyQueue::Implementation::exclusion(const std::vector<std::string>& types) {
  for (auto each = exclusions_.begin(); each != exclusions_.end(); ++each) {
    if (each->given != types) continue;
    exclusions_.splice(exclusions_.begin(), exclusions_, each);
    return exclusions_.front();
  }
  if (exclusions_.size() == exclusions_max) exclusions_.pop_back();
  Exclusion& built = exclusions_.emplace_front();
  built.given = types;
  built.sorted = types;
  std::sort(built.sorted.begin(), built.sorted.end());
  for (auto& [id, user] : users_) built.refresh(user);
  return built;
}

void ReadyQueue::Implementation::set_weight(UserId id, double weight) {
  assert(weight > 0);
  if (weight == 1) {
    weights_.erase(id);
  } else {
    weights_[id] = weight;
  }
  const auto user = users_.find(id);
  if (user != users_.end()) user->second.weight = weight;
}

std::optional<std::size_t> ReadyQueue::Implementation::position(JobId id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  const auto goes_first = [&](const auto& each) { return before(each.second, found->second); };
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), goes_first));
}

ReadyQueue::ReadyQueue(std::uint32_t fair_share_every)
    : implementation_(std::make_unique<Implementation>(fair_share_every)) {}
ReadyQueue::~ReadyQueue() = default;
ReadyQueue::ReadyQueue(ReadyQueue&&) noexcept = default;
ReadyQueue& ReadyQueue::operator=(ReadyQueue&&) noexcept = default;

void ReadyQueue::push(const ReadyJob& job) { implementation_->push(job); }
bool ReadyQueue::remove(JobId id) { return implementation_->remove(id); }
bool ReadyQueue::contains(JobId id) const { return implementation_->contains(id); }
std::optional<ReadyJob> ReadyQueue::pop(const TypeSelection& types) { return implementation_->pop(types); }
void ReadyQueue::set_weight(UserId user, double weight) { implementation_->set_weight(user, weight); }
std::size_t ReadyQueue::size() const { return implementation_->size(); }
std::optional<std::size_t> ReadyQueue::position(JobId id) const { return implementation_->position(id); }

}  // namespace taskgate::jobs
