#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "jobs/worker_poll.h"

namespace taskgate::jobs {

// Whose jobs of which types a poll waits for. Polls that want the same wait together.
struct Wanted {
  std::optional<UserId> user;      // nothing: everybody's
  std::vector<std::string> types;  // sorted, each once
  auto operator<=>(const Wanted&) const = default;
};

// The polls that wait for jobs, and who of them is woken when one comes: exactly one per job, the one that has waited
// longest among those who may take it. It knows nothing of the store and keeps no time; its owner guards it by a lock.
//
// A poll enters before it asks the store, so that no job comes unnoticed in between. While it asks, it is `claiming`;
// when it found nothing it rests until it is woken, its time is up, or it leaves. A poll that was woken and leaves
// without having asked wakes another in its place. For jobs whose time is still to come, one poll of each group knows
// the next moment and goes then; it leaves that duty to another when it goes.
//
// Everything is O(log n) in the polls and in the groups.
class WaitingRoom {
 public:
  using Poll = std::shared_ptr<WorkerPoll>;

  // The poll is about to ask the store.
  void enter(const Poll& poll, const Wanted& wanted);
  // The store has answered it.
  static void asked(const Poll& poll) { poll->woken_ = false; }
  // It found nothing; `next_due` is when a job that waits for its time may become ready. False when something came
  // meanwhile: ask again. Otherwise it rests; it is to wake by itself at the moment written to `wake_at`, if any.
  [[nodiscard]] bool rest(const Poll& poll, std::optional<Time> next_due, std::optional<Time>& wake_at);
  // Its wait is over. True when it has something to look for.
  [[nodiscard]] bool rise(const Poll& poll, Time now);
  // `found_all`: it got as many jobs as it wanted, so there may be more.
  void leave(const Poll& poll, bool found_all);

  // A job waits, ready at once (no `run_at`) or later.
  void job_waits(const std::string& type, const UserId& user, std::optional<Time> run_at);
  // Something may have become ready, nobody knows what: one poll of each group looks.
  void look_again();
  // Wakes everybody.
  void wake_all();

  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  struct Group {
    std::set<std::pair<std::uint64_t, Poll>> resting;  // by ticket
    std::set<Poll> claiming;
    Poll keeper;
    [[nodiscard]] bool empty() const { return resting.empty() && claiming.empty(); }
  };
  using Groups = std::map<Wanted, Group>;
  using Kind = std::pair<std::string, std::optional<UserId>>;  // what an index entry is for: a type, and whose jobs

  Groups::iterator group_for(const Wanted& wanted);
  void drop_if_empty(Groups::iterator group);
  static void wake_first(Group& group, bool passes_on);
  static void wake(const Poll& poll, bool passes_on);
  static void miss(Group& group);

  std::uint64_t next_ticket_ = 0;
  Groups groups_;
  std::map<Kind, std::set<Group*>> by_kind_;
  std::map<const WorkerPoll*, Groups::iterator> places_;
};

}  // namespace taskgate::jobs
