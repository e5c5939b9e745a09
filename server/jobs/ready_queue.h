#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "jobs/job_store.h"
#include "jobs/queue_control.h"
#include "jobs/start_bucket.h"

namespace taskgate::jobs {

// One job that could start now, as far as time and dependencies go.
struct ReadyJob {
  JobId id;
  UserId user_id;
  std::string type;
  double priority = 0;
  std::string queue = "default";
};

// Why a ready job has not started; see Explanation.
struct Hindrance {
  StandingReason reason = StandingReason::behind;
  std::optional<Time> until;
  std::optional<std::int64_t> count;
  std::optional<std::int64_t> limit;
  bool queue_is_paused = false;
};

// The order in which ready jobs start, and what holds them up, as a pure data structure: no clock, no store, no locks
// (its owner is the engine's writer).
//
//  1. Highest priority first, over all users.
//  2. Among equals users take turns by virtual time (weighted; default weight 1): a claim for a user advances its
//  virtual time by
//     1 / weight; a user that comes back from having no ready jobs starts at the current virtual time, never behind it.
//     A user that waited (its jobs were of low priority, or of a type nobody took, or held up) is lifted to the current
//     virtual time by its next claim: it is owed one turn, not all those it missed, so nobody ever waits for more than
//     one job of each other user.
//  3. Within one user and priority: the lowest id first.
//  4. One claim in `fair_share_every` (0: never) goes to the user who has waited longest since its last claim (or since
//  it got
//     its first ready job), whatever the priorities; it gets its own best job. With one user this changes nothing.
//
// Jobs that a pause or a limit holds up are passed over as if they were not there, by all four rules. Slots are counted
// from the running jobs the queue knows of: a job takes its slot when it is popped (or told by `start`) and gives it
// back with `finish`. A limit that is lowered below what runs stops nothing, it lets nothing start until enough have
// ended.
//
// push, remove, pop, start and finish cost O(log n) in users and in the user's jobs, and O(types asked for, excluded or
// closed by a limit), amortised; how many types there are does not matter. A user that reaches its own limit or leaves
// it moves in the order of each type it has jobs of. Setting a control costs O(users). About 110 bytes per job, plus
// about 400 per user and type that has ready or running jobs.
class ReadyQueue {
 public:
  explicit ReadyQueue(std::uint32_t fair_share_every = 8);
  ~ReadyQueue();
  ReadyQueue(ReadyQueue&&) noexcept;
  ReadyQueue& operator=(ReadyQueue&&) noexcept;

  // The job must neither be in the queue nor hold a slot.
  void push(const ReadyJob& job);
  // False when it was not there.
  bool remove(JobId id);
  [[nodiscard]] bool contains(JobId id) const;
  // Takes the next job of the selection out of the queue and gives it a slot; nothing when none may start. With `only`,
  // of the jobs of that user alone: such a claim had no choice among users, so it does not count for rule 4.
  [[nodiscard]] std::optional<ReadyJob> pop(const TypeSelection& types, Time now,
                                            const std::optional<UserId>& only = std::nullopt);

  // The job runs: it holds a slot (of each limit that concerns it), also beyond the limits. Nothing happens when it
  // does so already.
  void start(const ReadyJob& job);
  // The job holds its slot no more. True when that lets a ready job start that was held up.
  bool finish(JobId id);
  [[nodiscard]] bool holds_slot(JobId id) const;

  // `kept` is the level the bucket of the type had before; without it, a rate that is new or has changed begins with a
  // full bucket.
  void set_type_control(const std::string& type, const TypeControl& control, Time now,
                        const std::optional<StartBucket::Level>& kept = std::nullopt);
  void set_queue_control(const std::string& queue, const QueueControl& control);
  // The backlog cap is not the queue's business.
  void set_user_control(UserId user, const UserControl& control);
  [[nodiscard]] TypeControl type_control(const std::string& type) const;
  [[nodiscard]] QueueControl queue_control(const std::string& queue) const;
  [[nodiscard]] UserControl user_control(UserId user) const;
  [[nodiscard]] std::vector<std::pair<UserId, UserControl>> user_controls() const;
  // The buckets that starts were taken from since this was last asked.
  [[nodiscard]] std::vector<std::pair<std::string, StartBucket::Level>> take_changed_levels();

  // When the first job of the selection that only its type's rate holds up may start.
  [[nodiscard]] std::optional<Time> next_start(const TypeSelection& types) const;
  // Nothing when the job is not in the queue.
  [[nodiscard]] std::optional<Hindrance> hindrance(JobId id, Time now) const;
  // How many jobs of its type that nothing holds up would start before this one by priority and age alone, counted up
  // to `position_max`; nothing when it is not in the queue.
  [[nodiscard]] std::optional<std::size_t> position(JobId id) const;
  static constexpr std::size_t position_max = 10'000;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t running_of(UserId user) const;
  // Those that have ready or running jobs, or a control; `waiting` is not known here. In no order.
  [[nodiscard]] std::vector<TypeStanding> types() const;
  [[nodiscard]] std::vector<QueueStanding> queues() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace taskgate::jobs
