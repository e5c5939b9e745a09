#include "jobs/turn_order.h"

namespace taskgate::jobs {

void TurnOrder::enlist(Contender& contender) {
  contender.virtual_time = contender.user->virtual_time;
  contender.waiting_since = contender.user->waiting_since;
  by_turn_.insert(contender);
  by_wait_.insert(contender);
}

void TurnOrder::withdraw(Contender& contender) {
  by_turn_.erase(by_turn_.iterator_to(contender));
  by_wait_.erase(by_wait_.iterator_to(contender));
}

void TurnOrder::change_priority(Contender& contender, double priority) {
  if (contender.priority == priority) return;
  by_turn_.erase(by_turn_.iterator_to(contender));
  contender.priority = priority;
  by_turn_.insert(contender);
}

Contender* TurnOrder::next_by_turn() {
  while (!by_turn_.empty()) {
    Contender& first = *by_turn_.begin();
    if (is_current(first)) return &first;
    withdraw(first);
    enlist(first);
  }
  return nullptr;
}

Contender* TurnOrder::next_by_wait() {
  while (!by_wait_.empty()) {
    Contender& first = *by_wait_.begin();
    if (is_current(first)) return &first;
    withdraw(first);
    enlist(first);
  }
  return nullptr;
}

bool TurnOrder::before_by_turn(const Contender& a, const Contender& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.virtual_time != b.virtual_time) return a.virtual_time < b.virtual_time;
  return before_by_wait(a, b);
}

bool TurnOrder::before_by_wait(const Contender& a, const Contender& b) {
  if (a.waiting_since != b.waiting_since) return a.waiting_since < b.waiting_since;
  return a.user->id < b.user->id;
}

bool TurnOrder::is_current(const Contender& contender) {
  return contender.virtual_time == contender.user->virtual_time &&
         contender.waiting_since == contender.user->waiting_since;
}

}  // namespace taskgate::jobs
