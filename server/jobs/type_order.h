#pragma once

#include <boost/intrusive/set.hpp>
#include <cstdint>

#include "base/ids.h"
#include "jobs/turn_order.h"

namespace taskgate::jobs::ready_detail {

struct Type;

// What a contender is ranked by, as a copy that outlives it.
struct TurnKey {
  double priority = 0;
  double virtual_time = 0;
  std::uint64_t waiting_since = 0;
  UserId user;
  bool operator==(const TurnKey&) const = default;
};

// A type's place in the two orders of types. The keys are copies of those of the type's foremost contender; like a
// contender's own they may stand too far in front, never too far behind, and are corrected when they come to the front.
struct TypePlace {
  Type* type = nullptr;
  bool taken = false;
  TurnKey turn;
  TurnKey wait;
  turn_detail::SetHook turn_hook;
  turn_detail::SetHook wait_hook;
};

// The types of which a job may start, by who would get the next claim if it were the only type. So a claim for "all but
// these types" looks at the excluded ones and at the first that is not, however many there are.
class TypeOrder {
 public:
  // The type has contenders.
  void enter(Type& type);
  void leave(Type& type);
  // A contender of the type was enlisted or got a better job.
  void advanced(Type& type, const Contender& contender);
  // The foremost contender of all types that are not marked as excluded by `claim`; null when there is none.
  [[nodiscard]] const Contender* next_by_turn(std::uint64_t claim);
  [[nodiscard]] const Contender* next_by_wait(std::uint64_t claim);

 private:
  struct ByTurn {
    bool operator()(const TypePlace& a, const TypePlace& b) const;
  };
  struct ByWait {
    bool operator()(const TypePlace& a, const TypePlace& b) const;
  };
  using TurnSet =
      boost::intrusive::multiset<TypePlace, boost::intrusive::compare<ByTurn>,
                                 boost::intrusive::constant_time_size<false>,
                                 boost::intrusive::member_hook<TypePlace, turn_detail::SetHook, &TypePlace::turn_hook>>;
  using WaitSet =
      boost::intrusive::multiset<TypePlace, boost::intrusive::compare<ByWait>,
                                 boost::intrusive::constant_time_size<false>,
                                 boost::intrusive::member_hook<TypePlace, turn_detail::SetHook, &TypePlace::wait_hook>>;

  TurnSet by_turn_;
  WaitSet by_wait_;
};

}  // namespace taskgate::jobs::ready_detail
