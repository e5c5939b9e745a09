#include "sio/ack_table.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::sio {

std::uint64_t AckTable::expect(Moment until, Reply reply) {
  const std::uint64_t id = next_id_++;
  waiting_.emplace(id, Waiting{until, std::move(reply)});
  earliest_ = std::min(earliest_, until);
  return id;
}

bool AckTable::resolve(std::uint64_t id, const ReceivedArguments& arguments) {
  auto found = waiting_.extract(id);
  if (found.empty()) return false;
  if (waiting_.empty()) earliest_ = Moment::max();
  found.mapped().reply(arguments);
  return true;
}

void AckTable::expire(Moment now) {
  if (now < earliest_) return;
  // Collected first: a reply may expect something new.
  std::vector<Reply> late;
  earliest_ = Moment::max();
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.until <= now) {
      late.push_back(std::move(it->second.reply));
      it = waiting_.erase(it);
    } else {
      earliest_ = std::min(earliest_, it->second.until);
      ++it;
    }
  }
  for (const Reply& reply : late) reply(std::nullopt);
}

void AckTable::cancel_all() {
  const std::map<std::uint64_t, Waiting> cancelled = std::exchange(waiting_, {});
  earliest_ = Moment::max();
  for (const auto& [id, waiting] : cancelled) waiting.reply(std::nullopt);
}

}  // namespace taskgate::sio
