#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "jobs/job_store.h"

namespace taskgate::jobs {

// One job that could start now.
struct ReadyJob {
  JobId id;
  UserId user_id;
  std::string type;
  double priority = 0;
};

// The order in which ready jobs start, as a pure data structure: no clock, no store, no locks (its owner is the engine's writer).
//
//  1. Highest priority first, over all users.
//  2. Among equals users take turns by virtual time (weighted; default weight 1): a claim for a user advances its virtual time by
//     1 / weight; a user that comes back from having no ready jobs starts at the current virtual time, never behind it. A user
//     that waited (its jobs were of low priority, or of a type nobody took) is lifted to the current virtual time by its next
//     claim: it is owed one turn, not all those it missed, so nobody ever waits for more than one job of each other user.
//  3. Within one user and priority: the lowest id first.
//  4. One claim in `fair_share_every` (0: never) goes to the user who has waited longest since its last claim (or since it got
//     its first ready job), whatever the priorities; it gets its own best job. With one user this changes nothing.
//
// push, remove and pop cost O(log n) in users and in the user's jobs, and O(types asked for or excluded), amortised; how many types
// there are does not matter. About 110 bytes per job, plus about 250 per user and type that has ready jobs.
class ReadyQueue {
 public:
  explicit ReadyQueue(std::uint32_t fair_share_every = 8);
  ~ReadyQueue();
  ReadyQueue(ReadyQueue&&) noexcept;
  ReadyQueue& operator=(ReadyQueue&&) noexcept;

  // The job must not be in the queue.
  void push(const ReadyJob& job);
  // False when it was not there.
  bool remove(JobId id);
  [[nodiscard]] bool contains(JobId id) const;
  // Takes the next job of the selection out of the queue; nothing when none is ready.
  [[nodiscard]] std::optional<ReadyJob> pop(const TypeSelection& types);
  void set_weight(UserId user, double weight);  // > 0

  [[nodiscard]] std::size_t size() const;
  // How many ready jobs would start before this one by priority and age alone; nothing when it is not in the queue.
  [[nodiscard]] std::optional<std::size_t> position(JobId id) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace taskgate::jobs
