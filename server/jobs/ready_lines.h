#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.h"
#include "jobs/queue_control.h"
#include "jobs/start_bucket.h"
#include "jobs/turn_order.h"
#include "jobs/type_order.h"

// What a ReadyQueue is made of: entries (jobs) in groups (user, type, queue) in lines (user, type), each line enlisted
// in its type's order of users while it may start, each type in the order of types while it may.
namespace taskgate::jobs::ready_detail {

using turn_detail::SetHook;
using ListHook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;

struct Group;

// One ready job. There may be millions: every byte counts.
struct Entry {
  JobId id;
  double priority = 0;
  Group* group = nullptr;
  SetHook hook;
};
static_assert(sizeof(std::pair<const JobId, Entry>) <= 56, "with the map's overhead a job must stay under 100 bytes");

inline bool before(const Entry& a, const Entry& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  return a.id < b.id;
}

struct BestFirst {
  bool operator()(const Entry& a, const Entry& b) const { return before(a, b); }
};
using EntrySet =
    boost::intrusive::set<Entry, boost::intrusive::compare<BestFirst>, boost::intrusive::constant_time_size<false>,
                          boost::intrusive::member_hook<Entry, SetHook, &Entry::hook>>;

struct Line;
struct User;

struct Queue {
  const std::string* name = nullptr;
  bool paused = false;
  std::size_t ready = 0;
  std::size_t running = 0;
};

// The ready jobs of one line and queue.
struct Group {
  Line* line = nullptr;
  Queue* queue = nullptr;
  EntrySet entries;
  SetHook line_hook;  // in the line's set of groups, unless the queue is paused
  [[nodiscard]] const Entry& head() const { return *entries.begin(); }
};

struct BestHeadFirst {
  template <class Holder>
  bool operator()(const Holder& a, const Holder& b) const {
    return before(a.head(), b.head());
  }
};
using GroupSet =
    boost::intrusive::set<Group, boost::intrusive::compare<BestHeadFirst>, boost::intrusive::constant_time_size<false>,
                          boost::intrusive::member_hook<Group, SetHook, &Group::line_hook>>;

struct Type {
  const std::string* name = nullptr;
  TypeControl control;
  std::optional<StartBucket> bucket;
  std::optional<Time> rate_opens_at;  // while the bucket is empty
  bool level_changed = false;
  std::uint64_t excluded_by = 0;  // the latest claim that did not want it
  std::size_t lines = 0;
  std::size_t ready = 0;
  std::size_t running = 0;
  TurnOrder order;  // of the lines that may start as far as their users go
  TypePlace place;  // in the order of types, while it may start

  [[nodiscard]] bool has_slot() const {
    return !control.concurrency || static_cast<std::int64_t>(running) < *control.concurrency;
  }
  [[nodiscard]] bool is_open() const { return !control.paused && has_slot() && !rate_opens_at; }
};

// The ready and running jobs of one user and type.
struct Line {
  User* user = nullptr;
  Type* type = nullptr;
  Group home;                            // nearly all lines have jobs in one queue only
  std::map<const Queue*, Group> others;  // further ones
  GroupSet groups;                       // those with jobs, of queues that are not paused
  Contender contender;                   // in the type's order, while listed
  SetHook user_hook;                     // in the user's set of lines, while listed
  ListHook all_hook;
  std::size_t ready = 0;
  std::size_t running = 0;
  bool listed = false;

  [[nodiscard]] const Entry& head() const { return groups.begin()->head(); }
  [[nodiscard]] bool has_slot() const {
    const auto& limit = type->control.concurrency_per_user;
    return !limit || static_cast<std::int64_t>(running) < *limit;
  }
};
using LineSet =
    boost::intrusive::set<Line, boost::intrusive::compare<BestHeadFirst>, boost::intrusive::constant_time_size<false>,
                          boost::intrusive::member_hook<Line, SetHook, &Line::user_hook>>;
using LineList = boost::intrusive::list<Line, boost::intrusive::constant_time_size<false>,
                                        boost::intrusive::member_hook<Line, ListHook, &Line::all_hook>>;

struct User : TurnTaker {
  double weight = 1;
  std::optional<std::int64_t> concurrency;
  bool at_limit = false;
  std::size_t ready = 0;
  std::size_t running = 0;
  LineSet lines;  // listed
  LineList all_lines;
};

}  // namespace taskgate::jobs::ready_detail
