#include <algorithm>
#include <utility>

#include "jobs/ready_queue_implementation.h"

namespace taskgate::jobs {

using ready_detail::before;

namespace {

bool selects(const TypeSelection& types, const std::string& type) {
  return (std::find(types.types.begin(), types.types.end(), type) != types.types.end()) != types.all_but;
}

}  // namespace

void ReadyQueue::Implementation::review(Type& type) {
  const bool may_start = type.is_open() && !type.order.empty();
  if (may_start == type.place.taken) return;
  if (may_start) {
    type_order_.enter(type);
  } else {
    type_order_.leave(type);
  }
}

void ReadyQueue::Implementation::review(User& user) {
  const bool at_limit = user.concurrency && static_cast<std::int64_t>(user.running) >= *user.concurrency;
  if (at_limit == user.at_limit) return;
  user.at_limit = at_limit;
  for (Line& line : user.all_lines) review(line);
}

void ReadyQueue::Implementation::take_slot(JobId id, Line& line, Queue& queue) {
  if (!running_.try_emplace(id, Slot{&line, &queue}).second) return;
  User& user = *line.user;
  Type& type = *line.type;
  ++line.running;
  ++user.running;
  ++type.running;
  ++queue.running;
  if (user.concurrency) review(user);
  if (type.control.concurrency_per_user) review(line);
  if (type.control.concurrency) review(type);
}

void ReadyQueue::Implementation::start(const ReadyJob& job) {
  if (running_.contains(job.id)) return;
  take_slot(job.id, line_of(user_of(job.user_id), job.type), named(queues_, job.queue));
}

bool ReadyQueue::Implementation::finish(JobId id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return false;
  Line& line = *found->second.line;
  Queue& queue = *found->second.queue;
  running_.erase(found);
  User& user = *line.user;
  Type& type = *line.type;
  const bool type_was_full = !type.has_slot();
  const bool line_was_full = !line.has_slot();
  const bool user_was_full = user.at_limit;
  --line.running;
  --user.running;
  --type.running;
  --queue.running;
  if (user.concurrency) review(user);
  if (line_was_full) review(line);
  if (type_was_full) review(type);
  const bool opened =
      (type_was_full && type.place.taken) || (line_was_full && line.listed) || (user_was_full && !user.lines.empty());
  drop_idle(queue);
  drop_idle(line);
  if (user.ready == 0 && user.running == 0 && !resting_users_.contains({user.virtual_time, user.id})) {
    users_.erase(UserId{user.id});
  }
  return opened;
}

void ReadyQueue::Implementation::set_type_control(const std::string& name, const TypeControl& control, Time now,
                                                  const std::optional<StartBucket::Level>& kept) {
  reopen_rates(now);
  Type& type = named(types_, name);
  const bool other_rate = control.rate != type.control.rate;
  const bool other_line_limit = control.concurrency_per_user != type.control.concurrency_per_user;
  type.control = control;
  if (!control.rate) {
    type.bucket.reset();
  } else if (kept) {
    type.bucket.emplace(*control.rate, *kept);
  } else if (other_rate) {
    type.bucket.emplace(*control.rate, now);
  }
  set_rate_opening(type, now);
  if (other_line_limit) {
    for (auto& [key, line] : lines_) {
      if (line.type == &type) review(line);
    }
  }
  review(type);
  if (type.level_changed && !control.rate) {
    type.level_changed = false;
    std::erase(changed_levels_, &type);
  }
  drop_idle(type);
}

void ReadyQueue::Implementation::set_queue_control(const std::string& name, const QueueControl& control) {
  Queue& queue = named(queues_, name);
  if (queue.paused == control.paused) return drop_idle(queue);
  const auto move_group = [&](Line& line, Group& group) {
    if (group.queue != &queue || group.entries.empty()) return;
    change_line(line, [&] {
      if (control.paused) {
        line.groups.erase(line.groups.iterator_to(group));
      } else {
        line.groups.insert(group);
      }
    });
  };
  for (auto& [key, line] : lines_) {
    move_group(line, line.home);
    for (auto& [other, group] : line.others) move_group(line, group);
  }
  queue.paused = control.paused;
  drop_idle(queue);
}

void ReadyQueue::Implementation::set_user_control(const UserId& id, const UserControl& control) {
  if (control == UserControl{}) {
    user_controls_.erase(id);
  } else {
    user_controls_[id] = control;
  }
  const auto found = users_.find(id);
  if (found == users_.end()) return;
  found->second.weight = control.weight;
  found->second.concurrency = control.concurrency;
  review(found->second);
}

TypeControl ReadyQueue::Implementation::type_control(const std::string& type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? TypeControl{} : found->second.control;
}

QueueControl ReadyQueue::Implementation::queue_control(const std::string& queue) const {
  const auto found = queues_.find(queue);
  return {found != queues_.end() && found->second.paused};
}

UserControl ReadyQueue::Implementation::user_control(const UserId& user) const {
  const auto found = user_controls_.find(user);
  return found == user_controls_.end() ? UserControl{} : found->second;
}

std::vector<std::pair<UserId, UserControl>> ReadyQueue::Implementation::user_controls() const {
  return {user_controls_.begin(), user_controls_.end()};
}

std::vector<std::pair<std::string, StartBucket::Level>> ReadyQueue::Implementation::take_changed_levels() {
  std::vector<std::pair<std::string, StartBucket::Level>> levels;
  for (Type* type : changed_levels_) {
    type->level_changed = false;
    levels.emplace_back(*type->name, type->bucket->level());
  }
  changed_levels_.clear();
  return levels;
}

void ReadyQueue::Implementation::note_level(Type& type) {
  if (!std::exchange(type.level_changed, true)) changed_levels_.push_back(&type);
}

// A type whose bucket is empty is closed, so there is a start to take.
void ReadyQueue::Implementation::take_start(Type& type, Time now) {
  if (!type.bucket) return;
  type.bucket->take(now);
  note_level(type);
  set_rate_opening(type, now);
  review(type);
}

void ReadyQueue::Implementation::set_rate_opening(Type& type, Time now) {
  if (type.rate_opens_at) closed_rates_.erase({*type.rate_opens_at, &type});
  type.rate_opens_at.reset();
  if (!type.bucket) return;
  const Time next = type.bucket->next(now);
  if (next <= now) return;
  type.rate_opens_at = next;
  closed_rates_.emplace(next, &type);
}

void ReadyQueue::Implementation::reopen_rates(Time now) {
  const Time before = std::exchange(latest_, now);
  if (now < before) return set_rates_back(before, now);
  while (!closed_rates_.empty() && closed_rates_.begin()->first <= now) {
    Type& type = *closed_rates_.begin()->second;
    set_rate_opening(type, now);
    review(type);
  }
}

// What the buckets had is kept, and they fill from here on: nobody waits for the clock to come to where it was.
void ReadyQueue::Implementation::set_rates_back(Time from, Time to) {
  for (auto& [name, type] : types_) {
    if (!type.bucket) continue;
    type.bucket->set_back(from, to);
    note_level(type);
    set_rate_opening(type, to);
    review(type);
  }
}

std::optional<Time> ReadyQueue::Implementation::next_start(const TypeSelection& types) const {
  for (const auto& [opens_at, type] : closed_rates_) {
    if (selects(types, *type->name) && !type->order.empty() && !type->control.paused && type->has_slot()) {
      return opens_at;
    }
  }
  return std::nullopt;
}

std::optional<Hindrance> ReadyQueue::Implementation::hindrance(JobId id, Time now) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  const Group& group = *found->second.group;
  const Line& line = *group.line;
  const Type& type = *line.type;
  const User& user = *line.user;
  Hindrance hindrance;
  if (type.control.paused || group.queue->paused) {
    hindrance.reason = StandingReason::paused;
    hindrance.queue_is_paused = !type.control.paused;
  } else if (!type.has_slot()) {
    hindrance.reason = StandingReason::type_limit;
    hindrance.limit = type.control.concurrency;
  } else if (user.at_limit || !line.has_slot()) {
    hindrance.reason = StandingReason::user_limit;
    hindrance.limit = user.at_limit ? user.concurrency : type.control.concurrency_per_user;
  } else if (type.bucket && type.bucket->next(now) > now) {
    hindrance.reason = StandingReason::rate_limit;
    hindrance.until = type.bucket->next(now);
  } else {
    hindrance.count = static_cast<std::int64_t>(position(id).value_or(0));
  }
  return hindrance;
}

std::optional<std::size_t> ReadyQueue::Implementation::position(JobId id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  const Entry& asked = found->second;
  const Type& type = *asked.group->line->type;
  std::size_t count = 0;
  if (!type.is_open()) return count;
  type.order.visit_by_priority([&](const Contender& contender) {
    if (contender.priority < asked.priority || count == position_max) return false;
    const Line& line = lines_.at(LineKey{static_cast<const User*>(contender.user), &type});
    for (const Group& group : line.groups) {
      for (const Entry& each : group.entries) {
        if (!before(each, asked) || ++count == position_max) break;
      }
      if (count == position_max) break;
    }
    return true;
  });
  return count;
}

std::size_t ReadyQueue::Implementation::running_of(const UserId& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? 0 : found->second.running;
}

std::vector<TypeStanding> ReadyQueue::Implementation::types() const {
  std::vector<TypeStanding> standings;
  standings.reserve(types_.size());
  for (const auto& [name, type] : types_) {
    const LiveFigures live{static_cast<std::int64_t>(type.ready), 0, static_cast<std::int64_t>(type.running)};
    standings.push_back({name, type.control, live});
  }
  return standings;
}

std::vector<QueueStanding> ReadyQueue::Implementation::queues() const {
  std::vector<QueueStanding> standings;
  for (const auto& [name, queue] : queues_) {
    const LiveFigures live{static_cast<std::int64_t>(queue.ready), 0, static_cast<std::int64_t>(queue.running)};
    standings.push_back({name, {queue.paused}, live});
  }
  return standings;
}

}  // namespace taskgate::jobs
