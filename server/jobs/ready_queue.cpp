#include "jobs/ready_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "jobs/ready_queue_implementation.h"

namespace taskgate::jobs {

using ready_detail::before;

namespace {

// Users without ready jobs whose turn is not yet due again. Beyond this many, those nearest to their turn are
// forgotten: they may then come back one turn early.
constexpr std::size_t resting_users_max = 10'000;

}  // namespace

void ReadyQueue::Implementation::push(const ReadyJob& job) {
  assert(!running_.contains(job.id));
  User& user = wake_user(job.user_id);
  Line& line = line_of(user, job.type);
  Group& group = group_of(line, named(queues_, job.queue));
  const auto [place, added] = entries_.try_emplace(job.id);
  assert(added);
  Entry& entry = place->second;
  entry.id = job.id;
  entry.priority = job.priority;
  entry.group = &group;
  ++user.ready;
  ++line.ready;
  ++line.type->ready;
  ++group.queue->ready;
  insert(group, entry);
}

ready_detail::User& ReadyQueue::Implementation::user_of(const UserId& id) {
  const auto [place, added] = users_.try_emplace(id);
  User& user = place->second;
  if (!added) return user;
  user.id = id;
  const auto control = user_controls_.find(id);
  if (control != user_controls_.end()) {
    user.weight = control->second.weight;
    user.concurrency = control->second.concurrency;
  }
  return user;
}

// A user that comes back starts at the current virtual time, or at its own when its last claim took it beyond that.
ready_detail::User& ReadyQueue::Implementation::wake_user(const UserId& id) {
  User& user = user_of(id);
  if (user.ready > 0) return user;
  if (!resting_users_.empty()) resting_users_.erase({user.virtual_time, id});
  user.virtual_time = std::max(user.virtual_time, virtual_time_);
  user.waiting_since = ++moment_;
  return user;
}

ready_detail::Line& ReadyQueue::Implementation::line_of(User& user, std::string_view type_name) {
  Type& type = named(types_, type_name);
  const auto [place, added] = lines_.try_emplace(LineKey{&user, &type});
  Line& line = place->second;
  if (added) {
    line.user = &user;
    line.type = &type;
    line.contender.user = &user;
    user.all_lines.push_back(line);
    ++type.lines;
  }
  return line;
}

ready_detail::Group& ReadyQueue::Implementation::group_of(Line& line, Queue& queue) {
  Group* group = &line.home;
  if (line.home.queue != &queue) {
    const auto other = line.others.find(&queue);
    if (other != line.others.end()) {
      group = &other->second;
    } else if (line.home.queue != nullptr) {
      group = &line.others[&queue];
    }
  }
  group->line = &line;
  group->queue = &queue;
  return *group;
}

void ReadyQueue::Implementation::insert(Group& group, Entry& entry) {
  const bool first = group.entries.empty();
  if (!first && !before(entry, group.head())) {
    // Mostly the youngest of its priority, and most jobs have one priority: then it is the last, found without a
    // search.
    group.entries.insert(group.entries.end(), entry);
    return;
  }
  Line& line = *group.line;
  change_line(line, [&] {
    if (group.queue->paused) {
      group.entries.insert(entry);
      return;
    }
    if (!first) line.groups.erase(line.groups.iterator_to(group));
    group.entries.insert(entry);
    line.groups.insert(group);
  });
}

void ReadyQueue::Implementation::take_out(Entry& entry) {
  Group& group = *entry.group;
  Line& line = *group.line;
  User& user = *line.user;
  Queue& queue = *group.queue;
  --user.ready;
  --line.ready;
  --line.type->ready;
  --queue.ready;
  if (&group.head() != &entry) {
    group.entries.erase(group.entries.iterator_to(entry));
  } else {
    change_line(line, [&] {
      if (!queue.paused) line.groups.erase(line.groups.iterator_to(group));
      group.entries.erase(group.entries.iterator_to(entry));
      if (!queue.paused && !group.entries.empty()) line.groups.insert(group);
    });
  }
  entries_.erase(JobId{entry.id});
  if (group.entries.empty()) drop_empty(group);
  drop_idle(queue);
  drop_idle(line);
  if (user.ready == 0) rest_user(user);
}

void ReadyQueue::Implementation::drop_empty(Group& group) {
  Line& line = *group.line;
  const Queue* queue = group.queue;
  if (&group == &line.home) {
    group.queue = nullptr;
  } else {
    line.others.erase(queue);
  }
}

void ReadyQueue::Implementation::drop_idle(Line& line) {
  if (line.ready > 0 || line.running > 0) return;
  User& user = *line.user;
  Type& type = *line.type;
  user.all_lines.erase(user.all_lines.iterator_to(line));
  lines_.erase(LineKey{&user, &type});
  --type.lines;
  drop_idle(type);
}

void ReadyQueue::Implementation::drop_idle(Type& type) {
  if (type.lines == 0 && type.control == TypeControl{}) types_.erase(types_.find(*type.name));
}

void ReadyQueue::Implementation::drop_idle(Queue& queue) {
  if (queue.ready == 0 && queue.running == 0 && !queue.paused) queues_.erase(queues_.find(*queue.name));
}

void ReadyQueue::Implementation::rest_user(User& user) {
  if (user.virtual_time > virtual_time_) {
    resting_users_.emplace(user.virtual_time, user.id);
    forget_rested_users();
  } else if (user.running == 0) {
    users_.erase(UserId{user.id});
  }
}

void ReadyQueue::Implementation::forget_rested_users() {
  while (!resting_users_.empty() &&
         (resting_users_.begin()->first <= virtual_time_ || resting_users_.size() > resting_users_max)) {
    const auto user = users_.find(resting_users_.begin()->second);
    resting_users_.erase(resting_users_.begin());
    if (user->second.running == 0) users_.erase(user);
  }
}

bool ReadyQueue::Implementation::remove(JobId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  take_out(found->second);
  return true;
}

std::optional<ReadyJob> ReadyQueue::Implementation::pop(const TypeSelection& selection, Time now,
                                                        const std::optional<UserId>& only) {
  reopen_rates(now);
  const bool fair_share = fair_share_every_ > 0 && (claims_ + 1) % fair_share_every_ == 0;
  Line* line = only                ? next_of_user(*only, selection)
               : selection.all_but ? next_of_all_but(selection.types, fair_share)
                                   : next_of_listed(selection.types, fair_share);
  if (line == nullptr) return std::nullopt;
  Group& group = *line->groups.begin();
  Entry& entry = *group.entries.begin();
  ReadyJob job{entry.id, line->user->id, *line->type->name, entry.priority, *group.queue->name};
  if (!only) ++claims_;
  advance_turn(*line->user);
  take_slot(entry.id, *line, *group.queue);
  take_out(entry);
  take_start(*line->type, now);
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

ready_detail::Line* ReadyQueue::Implementation::next_of_listed(const std::vector<std::string>& types,
                                                               bool longest_waiting) {
  const Contender* best = nullptr;
  for (const std::string& name : types) {
    const auto type = types_.find(name);
    if (type == types_.end() || !type->second.place.taken) continue;
    TurnOrder& order = type->second.order;
    const Contender* next = longest_waiting ? order.next_by_wait() : order.next_by_turn();
    const auto goes_before = longest_waiting ? &TurnOrder::before_by_wait : &TurnOrder::before_by_turn;
    if (best == nullptr || goes_before(*next, *best)) best = next;
  }
  if (best == nullptr) return nullptr;
  return best_listed_line(*static_cast<const User*>(best->user), types);
}

ready_detail::Line* ReadyQueue::Implementation::best_listed_line(const User& user,
                                                                 const std::vector<std::string>& types) {
  Line* best = nullptr;
  for (const std::string& name : types) {
    const auto type = types_.find(name);
    if (type == types_.end() || !type->second.place.taken) continue;
    const auto found = lines_.find(LineKey{&user, &type->second});
    if (found == lines_.end() || !found->second.listed) continue;
    if (best == nullptr || before(found->second.head(), best->head())) best = &found->second;
  }
  return best;
}

// Marks the types, so that a walk can tell them without comparing names.
std::uint64_t ReadyQueue::Implementation::exclude(const std::vector<std::string>& types) {
  ++selections_;
  for (const std::string& name : types) {
    const auto type = types_.find(name);
    if (type != types_.end()) type->second.excluded_by = selections_;
  }
  return selections_;
}

ready_detail::Line* ReadyQueue::Implementation::best_line_but(User& user, std::uint64_t excluded_by) {
  for (Line& line : user.lines) {
    if (line.type->place.taken && line.type->excluded_by != excluded_by) return &line;
  }
  return nullptr;
}

ready_detail::Line* ReadyQueue::Implementation::next_of_all_but(const std::vector<std::string>& types,
                                                                bool longest_waiting) {
  const std::uint64_t excluded_by = exclude(types);
  const Contender* next =
      longest_waiting ? type_order_.next_by_wait(excluded_by) : type_order_.next_by_turn(excluded_by);
  if (next == nullptr) return nullptr;
  return best_line_but(users_.at(next->user->id), excluded_by);
}

ready_detail::Line* ReadyQueue::Implementation::next_of_user(const UserId& id, const TypeSelection& selection) {
  const auto user = users_.find(id);
  if (user == users_.end()) return nullptr;
  if (!selection.all_but) return best_listed_line(user->second, selection.types);
  return best_line_but(user->second, exclude(selection.types));
}

ReadyQueue::ReadyQueue(std::uint32_t fair_share_every)
    : implementation_(std::make_unique<Implementation>(fair_share_every)) {}
ReadyQueue::~ReadyQueue() = default;
ReadyQueue::ReadyQueue(ReadyQueue&&) noexcept = default;
ReadyQueue& ReadyQueue::operator=(ReadyQueue&&) noexcept = default;

void ReadyQueue::push(const ReadyJob& job) { implementation_->push(job); }
bool ReadyQueue::remove(JobId id) { return implementation_->remove(id); }
bool ReadyQueue::contains(JobId id) const { return implementation_->contains(id); }
std::optional<ReadyJob> ReadyQueue::pop(const TypeSelection& types, Time now, const std::optional<UserId>& only) {
  return implementation_->pop(types, now, only);
}
void ReadyQueue::start(const ReadyJob& job) { implementation_->start(job); }
bool ReadyQueue::finish(JobId id) { return implementation_->finish(id); }
bool ReadyQueue::holds_slot(JobId id) const { return implementation_->holds_slot(id); }
void ReadyQueue::set_type_control(const std::string& type, const TypeControl& control, Time now,
                                  const std::optional<StartBucket::Level>& kept) {
  implementation_->set_type_control(type, control, now, kept);
}
void ReadyQueue::set_queue_control(const std::string& queue, const QueueControl& control) {
  implementation_->set_queue_control(queue, control);
}
void ReadyQueue::set_user_control(UserId user, const UserControl& control) {
  implementation_->set_user_control(user, control);
}
TypeControl ReadyQueue::type_control(const std::string& type) const { return implementation_->type_control(type); }
QueueControl ReadyQueue::queue_control(const std::string& queue) const { return implementation_->queue_control(queue); }
UserControl ReadyQueue::user_control(UserId user) const { return implementation_->user_control(user); }
std::vector<std::pair<UserId, UserControl>> ReadyQueue::user_controls() const {
  return implementation_->user_controls();
}
std::vector<std::pair<std::string, StartBucket::Level>> ReadyQueue::take_changed_levels() {
  return implementation_->take_changed_levels();
}
std::optional<Time> ReadyQueue::next_start(const TypeSelection& types) const {
  return implementation_->next_start(types);
}
std::optional<Hindrance> ReadyQueue::hindrance(JobId id, Time now) const { return implementation_->hindrance(id, now); }
std::optional<std::size_t> ReadyQueue::position(JobId id) const { return implementation_->position(id); }
std::size_t ReadyQueue::size() const { return implementation_->size(); }
std::size_t ReadyQueue::running() const { return implementation_->running(); }
std::size_t ReadyQueue::running_of(UserId user) const { return implementation_->running_of(user); }
std::vector<TypeStanding> ReadyQueue::types() const { return implementation_->types(); }
std::vector<QueueStanding> ReadyQueue::queues() const { return implementation_->queues(); }

}  // namespace taskgate::jobs
