#include "jobs/type_order.h"

#include <iterator>

#include "jobs/ready_lines.h"

namespace taskgate::jobs::ready_detail {
namespace {

TurnKey key_of(const Contender& contender) {
  return {contender.priority, contender.virtual_time, contender.waiting_since, contender.user->id};
}

bool before_by_wait(const TurnKey& a, const TurnKey& b) {
  if (a.waiting_since != b.waiting_since) return a.waiting_since < b.waiting_since;
  return a.user < b.user;
}

bool before_by_turn(const TurnKey& a, const TurnKey& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.virtual_time != b.virtual_time) return a.virtual_time < b.virtual_time;
  return before_by_wait(a, b);
}

template <class Set>
void move(Set& set, TypePlace& place, TurnKey TypePlace::*key, const TurnKey& to) {
  set.erase(set.iterator_to(place));
  place.*key = to;
  set.insert(place);
}

// `front` tells a type's foremost contender. A place whose key is outdated moves back; when it is still the first of
// those not yet looked at, it is looked at again.
template <class Set, class Front>
const Contender* first_wanted(Set& set, TurnKey TypePlace::*key, std::uint64_t claim, Front front) {
  for (auto each = set.begin(); each != set.end();) {
    TypePlace& place = *each;
    if (place.type->excluded_by == claim) {
      ++each;
      continue;
    }
    const Contender* contender = front(place.type->order);
    const TurnKey current = key_of(*contender);
    if (place.*key == current) return contender;
    const auto next = set.erase(each);
    place.*key = current;
    const auto moved = set.insert(place);
    each = std::next(moved) == next ? moved : next;
  }
  return nullptr;
}

}  // namespace

bool TypeOrder::ByTurn::operator()(const TypePlace& a, const TypePlace& b) const {
  return before_by_turn(a.turn, b.turn);
}
bool TypeOrder::ByWait::operator()(const TypePlace& a, const TypePlace& b) const {
  return before_by_wait(a.wait, b.wait);
}

void TypeOrder::enter(Type& type) {
  TypePlace& place = type.place;
  place.type = &type;
  place.taken = true;
  place.turn = key_of(*type.order.next_by_turn());
  place.wait = key_of(*type.order.next_by_wait());
  by_turn_.insert(place);
  by_wait_.insert(place);
}

void TypeOrder::leave(Type& type) {
  type.place.taken = false;
  by_turn_.erase(by_turn_.iterator_to(type.place));
  by_wait_.erase(by_wait_.iterator_to(type.place));
}

void TypeOrder::advanced(Type& type, const Contender& contender) {
  TypePlace& place = type.place;
  const TurnKey key = key_of(contender);
  if (before_by_turn(key, place.turn)) move(by_turn_, place, &TypePlace::turn, key);
  if (before_by_wait(key, place.wait)) move(by_wait_, place, &TypePlace::wait, key);
}

const Contender* TypeOrder::next_by_turn(std::uint64_t claim) {
  return first_wanted(by_turn_, &TypePlace::turn, claim, [](TurnOrder& order) { return order.next_by_turn(); });
}

const Contender* TypeOrder::next_by_wait(std::uint64_t claim) {
  return first_wanted(by_wait_, &TypePlace::wait, claim, [](TurnOrder& order) { return order.next_by_wait(); });
}

}  // namespace taskgate::jobs::ready_detail
