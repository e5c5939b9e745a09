#include "jobs/waiting_room.h"

#include <cassert>
#include <utility>

namespace taskgate::jobs {

WaitingRoom::Groups::iterator WaitingRoom::group_for(const Wanted& wanted) {
  const auto [group, added] = groups_.try_emplace(wanted);
  if (added) {
    for (const auto& type : wanted.types) by_kind_[Kind{type, wanted.user}].insert(&group->second);
  }
  return group;
}

void WaitingRoom::drop_if_empty(Groups::iterator group) {
  if (!group->second.empty()) return;
  for (const auto& type : group->first.types) {
    const auto kind = by_kind_.find(Kind{type, group->first.user});
    kind->second.erase(&group->second);
    if (kind->second.empty()) by_kind_.erase(kind);
  }
  groups_.erase(group);
}

void WaitingRoom::enter(const Poll& poll, const Wanted& wanted) {
  assert(poll->state_ == WorkerPoll::State::outside);
  const auto group = group_for(wanted);
  group->second.claiming.insert(poll);
  places_.emplace(poll.get(), group);
  poll->state_ = WorkerPoll::State::claiming;
}

bool WaitingRoom::rest(const Poll& poll, std::optional<Time> next_due, std::optional<Time>& wake_at) {
  Group& group = places_.at(poll.get())->second;
  if (std::exchange(poll->missed_, false)) return false;
  group.claiming.erase(poll);
  if (poll->ticket_ == 0) poll->ticket_ = ++next_ticket_;
  group.resting.emplace(poll->ticket_, poll);
  poll->state_ = WorkerPoll::State::resting;
  poll->passes_on_ = false;
  if (group.keeper == poll || (next_due && (!group.keeper || *group.keeper->keeps_ > *next_due))) {
    if (group.keeper) group.keeper->keeps_.reset();
    group.keeper = next_due ? poll : nullptr;
    poll->keeps_ = next_due;
  }
  wake_at = poll->keeps_;
  return true;
}

bool WaitingRoom::rise(const Poll& poll, Time now) {
  Group& group = places_.at(poll.get())->second;
  if (poll->state_ == WorkerPoll::State::resting) {
    const bool due = poll->keeps_ && *poll->keeps_ <= now;
    if (!due) return false;
    // It looks for what is due; whether that is one job or many, another looks after it.
    group.resting.erase({poll->ticket_, poll});
    group.claiming.insert(poll);
    poll->state_ = WorkerPoll::State::claiming;
    poll->woken_ = true;
    poll->passes_on_ = true;
  }
  return poll->woken_;
}

void WaitingRoom::leave(const Poll& poll, bool found_all) {
  const auto place = places_.find(poll.get());
  if (place == places_.end()) return;
  const auto at = place->second;
  Group& group = at->second;
  places_.erase(place);
  group.resting.erase({poll->ticket_, poll});
  group.claiming.erase(poll);
  poll->state_ = WorkerPoll::State::outside;
  const bool was_keeper = group.keeper == poll;
  if (was_keeper) group.keeper = nullptr;
  poll->keeps_.reset();
  // What it was woken for and did not look for, what it may have left, and the time it kept.
  const bool leaves_some = poll->passes_on_ && found_all;
  if (poll->woken_ || was_keeper || leaves_some) wake_first(group, poll->passes_on_);
  poll->woken_ = poll->missed_ = poll->passes_on_ = false;
  drop_if_empty(at);
}

void WaitingRoom::job_waits(const std::string& type, const UserId& user, std::optional<Time> run_at) {
  const auto of_user = by_kind_.find(Kind{type, user});
  const auto of_all = by_kind_.find(Kind{type, std::nullopt});
  Group* longest = nullptr;
  for (const auto& found : {of_user, of_all}) {
    if (found == by_kind_.end()) continue;
    for (Group* group : found->second) {
      if (run_at) {
        // It is enough that one poll of each group knows when to go.
        const bool known = group->keeper && *group->keeper->keeps_ <= *run_at;
        if (!known) wake_first(*group, false);
      } else if (!group->resting.empty() &&
                 (longest == nullptr || group->resting.begin()->first < longest->resting.begin()->first)) {
        longest = group;
      }
    }
  }
  if (run_at) return;
  if (longest != nullptr) return wake_first(*longest, false);
  for (const auto& found : {of_user, of_all}) {
    if (found == by_kind_.end()) continue;
    for (Group* group : found->second) miss(*group);
  }
}

void WaitingRoom::look_again() {
  for (auto& [wanted, group] : groups_) wake_first(group, true);
}

void WaitingRoom::wake_all() {
  for (auto& [wanted, group] : groups_) {
    miss(group);
    while (!group.resting.empty()) wake_first(group, false);
  }
}

// The one that has waited longest; when nobody rests, those who ask right now ask again.
void WaitingRoom::wake_first(Group& group, bool passes_on) {
  if (group.resting.empty()) return miss(group);
  const Poll poll = group.resting.begin()->second;
  group.resting.erase(group.resting.begin());
  group.claiming.insert(poll);
  wake(poll, passes_on);
}

void WaitingRoom::wake(const Poll& poll, bool passes_on) {
  poll->state_ = WorkerPoll::State::claiming;
  poll->woken_ = true;
  poll->passes_on_ = passes_on;
  poll->ring();
}

void WaitingRoom::miss(Group& group) {
  for (const Poll& poll : group.claiming) poll->missed_ = true;
}

}  // namespace taskgate::jobs
