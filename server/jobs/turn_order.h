#pragma once

#include <boost/intrusive/set.hpp>
#include <cstdint>

#include "base/ids.h"

namespace taskgate::jobs {

// What the queue remembers about a user while it has ready jobs, as far as turns are concerned.
struct TurnTaker {
  UserId id;
  double virtual_time = 0;  // claims so far, each counted as 1 / weight; only rises
  std::uint64_t waiting_since =
      0;  // moment (a count of events) of the last claim or of the first ready job; only rises
};

namespace turn_detail {
namespace intrusive = boost::intrusive;
using SetHook =
    intrusive::set_member_hook<intrusive::link_mode<intrusive::normal_link>, intrusive::optimize_size<true>>;
}  // namespace turn_detail

// One user's place in one order. The keys are copies: a claim elsewhere may have moved the user on since. As both only
// rise, an outdated copy stands too far in front, never too far behind; it is corrected when it comes to the front
// (next_by_turn, next_by_wait).
struct Contender {
  const TurnTaker* user = nullptr;
  double priority = 0;  // of the user's best job in this order; always up to date
  double virtual_time = 0;
  std::uint64_t waiting_since = 0;
  turn_detail::SetHook turn_hook;
  turn_detail::SetHook wait_hook;
};

// Users in the order in which they get the next claim. Contenders belong to the caller and must stay where they are
// while enlisted. Every operation is O(log users), amortised.
class TurnOrder {
 public:
  void enlist(Contender& contender);
  void withdraw(Contender& contender);
  void change_priority(Contender& contender, double priority);
  // Highest priority, then least virtual time, then longest waiting. Null when empty.
  [[nodiscard]] Contender* next_by_turn();
  // Longest waiting, whatever the priority. Null when empty.
  [[nodiscard]] Contender* next_by_wait();
  [[nodiscard]] bool empty() const { return by_turn_.empty(); }
  // Shows contenders from the highest priority down, until `visit` returns false.
  template <class Visit>
  void visit_by_priority(Visit visit) const {
    for (const Contender& each : by_turn_) {
      if (!visit(each)) return;
    }
  }

  // Whether `a` goes before `b`.
  [[nodiscard]] static bool before_by_turn(const Contender& a, const Contender& b);
  [[nodiscard]] static bool before_by_wait(const Contender& a, const Contender& b);

 private:
  struct ByTurn {
    bool operator()(const Contender& a, const Contender& b) const { return before_by_turn(a, b); }
  };
  struct ByWait {
    bool operator()(const Contender& a, const Contender& b) const { return before_by_wait(a, b); }
  };
  using TurnSet =
      boost::intrusive::set<Contender, boost::intrusive::compare<ByTurn>, boost::intrusive::constant_time_size<false>,
                            boost::intrusive::member_hook<Contender, turn_detail::SetHook, &Contender::turn_hook>>;
  using WaitSet =
      boost::intrusive::set<Contender, boost::intrusive::compare<ByWait>, boost::intrusive::constant_time_size<false>,
                            boost::intrusive::member_hook<Contender, turn_detail::SetHook, &Contender::wait_hook>>;

  [[nodiscard]] static bool is_current(const Contender& contender);

  TurnSet by_turn_;
  WaitSet by_wait_;
};

}  // namespace taskgate::jobs
