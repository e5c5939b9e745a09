#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/ready_lines.h"
#include "jobs/ready_queue.h"

namespace taskgate::jobs {

// The order is in ready_queue.cpp, what may hold a job up in ready_queue_limits.cpp.
class ReadyQueue::Implementation {
 public:
  explicit Implementation(std::uint32_t fair_share_every) : fair_share_every_(fair_share_every) {}

  void push(const ReadyJob& job);
  bool remove(JobId id);
  std::optional<ReadyJob> pop(const TypeSelection& selection, Time now, const std::optional<UserId>& only);
  void start(const ReadyJob& job);
  bool finish(JobId id);
  [[nodiscard]] bool holds_slot(JobId id) const { return running_.contains(id); }

  void set_type_control(const std::string& type, const TypeControl& control, Time now,
                        const std::optional<StartBucket::Level>& kept);
  void set_queue_control(const std::string& queue, const QueueControl& control);
  void set_user_control(const UserId& user, const UserControl& control);
  [[nodiscard]] TypeControl type_control(const std::string& type) const;
  [[nodiscard]] QueueControl queue_control(const std::string& queue) const;
  [[nodiscard]] UserControl user_control(const UserId& user) const;
  [[nodiscard]] std::vector<std::pair<UserId, UserControl>> user_controls() const;
  std::vector<std::pair<std::string, StartBucket::Level>> take_changed_levels();

  [[nodiscard]] std::optional<Time> next_start(const TypeSelection& types) const;
  [[nodiscard]] std::optional<Hindrance> hindrance(JobId id, Time now) const;
  [[nodiscard]] std::optional<std::size_t> position(JobId id) const;
  [[nodiscard]] bool contains(JobId id) const { return entries_.contains(id); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t running_of(const UserId& user) const;
  [[nodiscard]] std::vector<TypeStanding> types() const;
  [[nodiscard]] std::vector<QueueStanding> queues() const;

 private:
  using Entry = ready_detail::Entry;
  using Group = ready_detail::Group;
  using Line = ready_detail::Line;
  using Type = ready_detail::Type;
  using User = ready_detail::User;
  using Queue = ready_detail::Queue;

  struct LineKey {
    const User* user;
    const Type* type;
    bool operator==(const LineKey&) const = default;
  };
  struct LineKeyHash {
    std::size_t operator()(const LineKey& key) const noexcept {
      return std::hash<const void*>{}(key.user) * 0x9E3779B97F4A7C15ULL + std::hash<const void*>{}(key.type);
    }
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;
  // Where a running job has its slots.
  struct Slot {
    Line* line;
    Queue* queue;
  };

  template <class Value>
  static Value& named(ByName<Value>& values, std::string_view name);
  User& user_of(const UserId& id);
  User& wake_user(const UserId& id);
  Line& line_of(User& user, std::string_view type_name);
  static Group& group_of(Line& line, Queue& queue);
  void insert(Group& group, Entry& entry);
  void take_out(Entry& entry);
  static void drop_empty(Group& group);
  void drop_idle(Line& line);
  void drop_idle(Type& type);
  void drop_idle(Queue& queue);
  void rest_user(User& user);
  void advance_turn(User& user);
  void forget_rested_users();

  // Runs `change`, which may change which job is the line's best or whether it may start, and puts the line where it
  // belongs then.
  template <class Change>
  void change_line(Line& line, Change change);
  void review(Line& line) {
    change_line(line, [] {});
  }
  // Brings places up to date after a limit, or what it counts, has changed.
  void review(Type& type);
  void review(User& user);

  [[nodiscard]] Line* next_of_listed(const std::vector<std::string>& types, bool longest_waiting);
  [[nodiscard]] Line* next_of_all_but(const std::vector<std::string>& types, bool longest_waiting);
  [[nodiscard]] Line* next_of_user(const UserId& id, const TypeSelection& selection);
  [[nodiscard]] Line* best_listed_line(const User& user, const std::vector<std::string>& types);
  [[nodiscard]] static Line* best_line_but(User& user, std::uint64_t excluded_by);
  std::uint64_t exclude(const std::vector<std::string>& types);

  void take_slot(JobId id, Line& line, Queue& queue);
  void take_start(Type& type, Time now);
  void note_level(Type& type);
  void reopen_rates(Time now);
  void set_rates_back(Time from, Time to);
  void set_rate_opening(Type& type, Time now);

  std::uint32_t fair_share_every_;
  std::uint64_t claims_ = 0;
  std::uint64_t selections_ = 0;  // claims that excluded types, for Type::excluded_by
  std::uint64_t moment_ = 0;      // counts what TurnTaker::waiting_since refers to
  double virtual_time_ = 0;       // of the latest claim
  std::unordered_map<JobId, Entry> entries_;
  std::unordered_map<JobId, Slot> running_;
  std::unordered_map<UserId, User> users_;
  ByName<Type> types_;
  ByName<Queue> queues_;
  std::unordered_map<LineKey, Line, LineKeyHash> lines_;
  ready_detail::TypeOrder type_order_;
  // Without ready jobs, by their virtual time, which is ahead of ours.
  std::set<std::pair<double, UserId>> resting_users_;
  std::unordered_map<UserId, UserControl> user_controls_;  // those that differ from the default
  std::set<std::pair<Time, Type*>> closed_rates_;          // types whose bucket is empty, by when it is not any more
  std::vector<Type*> changed_levels_;
  Time latest_ = {};  // moment we know of
};

template <class Value>
Value& ReadyQueue::Implementation::named(ByName<Value>& values, std::string_view name) {
  auto place = values.find(name);
  if (place == values.end()) {
    place = values.try_emplace(std::string{name}).first;
    place->second.name = &place->first;
  }
  return place->second;
}

template <class Change>
void ReadyQueue::Implementation::change_line(Line& line, Change change) {
  User& user = *line.user;
  Type& type = *line.type;
  const bool was_listed = line.listed;
  if (was_listed) user.lines.erase(user.lines.iterator_to(line));
  change();
  line.listed = !line.groups.empty() && !user.at_limit && line.has_slot();
  if (line.listed) {
    user.lines.insert(line);
    const double priority = line.head().priority;
    if (was_listed) {
      type.order.change_priority(line.contender, priority);
    } else {
      line.contender.priority = priority;
      type.order.enlist(line.contender);
    }
    if (type.place.taken) type_order_.advanced(type, line.contender);
  } else if (was_listed) {
    type.order.withdraw(line.contender);
  }
  if (line.listed != was_listed) review(type);
}

}  // namespace taskgate::jobs
