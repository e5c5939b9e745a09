#include "sio/ack_table.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::sio {

std::uint64_t AckTable::expect(Moment until, Reply reply) {
  const std::uint64_t id = next_id_++;
  waiting_.emplace(id, Waiting{until, std::move(reply)});
  return id;
}

bool AckTable::resolve(std::uint64_t id, const ReceivedArguments& arguments) {
  auto found = waiting_.extract(id);
  if (found.empty()) return false;
  found.mapped().reply(arguments);
  return true;
}

void AckTable::expire(Moment now) {
  // Collected first: a reply may expect something new.
  std::vector<Reply> late;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.until <= now) {
      late.push_back(std::move(it->second.reply));
      it = waiting_.erase(it);
    } else {
      ++it;
    }
  }
  for (const Reply& reply : late) reply(std::nullopt);
}

void AckTable::cancel_all() {
  const std::map<std::uint64_t, Waiting> cancelled = std::exchange(waiting_, {});
  for (const auto& [id, waiting] : cancelled) waiting.reply(std::nullopt);
}

Moment AckTable::next_deadline() const {
  Moment next = Moment::max();
  for (const auto& [id, waiting] : waiting_) next = std::min(next, waiting.until);
  return next;
}

}  // namespace taskgate::sio
