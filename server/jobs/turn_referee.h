#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jobs/queue_model.h"

namespace taskgate::jobs {

// A job that could be started.
struct Contestant {
  JobId id;
  UserId user_id;
  double priority = 0;
  double weight = 1;  // of its user
};

// Watches the order of claims by what it promises, not by how it is brought about: within a user the best job first;
// over users the highest priority, but for one claim in `fair_share_every`; among equals nobody is passed over for
// longer than the weights say. For tests.
class TurnReferee {
 public:
  static constexpr int fair_share_every = 8;

  // `contestants`: what could have been started, `started` among them unless that is in doubt. `chosen`: among all
  // users.
  void judge(const Job& started, const std::vector<Contestant>& contestants, bool chosen) {
    double highest = started.priority;
    for (const Contestant& each : contestants) {
      highest = std::max(highest, each.priority);
      const bool better =
          each.priority > started.priority || (each.priority == started.priority && each.id < started.id);
      QueueModel::require(each.user_id != started.user_id || !better, "a user's best and oldest job goes first");
    }
    if (!chosen) {
      passed_over_.clear();
      return;
    }
    count_claim();
    if (highest > started.priority) {
      QueueModel::require(since_fair_share_ >= fair_share_every, "the highest priority goes first");
      since_fair_share_ = 0;
      return;
    }
    count_turns(started, contestants);
  }

  // A claim among all users that came to nothing: its job had expired.
  void count_claim() { ++since_fair_share_; }

  // Weights or limits changed: from here on nothing is known of whose turn it is.
  void forget_turns() { passed_over_.clear(); }
  // The program started anew.
  void forget() {
    passed_over_.clear();
    since_fair_share_ = 0;
  }

 private:
  void count_turns(const Job& started, const std::vector<Contestant>& contestants) {
    double weight = 1;
    for (const Contestant& each : contestants) {
      if (each.user_id == started.user_id) weight = each.weight;
    }
    std::map<std::pair<UserId, UserId>, int> counted;
    for (const Contestant& each : contestants) {
      if (each.user_id == started.user_id || each.priority != started.priority) continue;
      const std::pair pair(each.user_id, started.user_id);
      if (counted.contains(pair)) continue;
      // One more, for the claim in so many that goes by waiting.
      const int turns_max = static_cast<int>(std::ceil(weight / each.weight)) + 2;
      const int turns = counted[pair] = passed_over_[pair] + 1;
      QueueModel::require(turns <= turns_max, "users take turns: one was passed over " + std::to_string(turns) +
                                                  " times by the same other");
    }
    for (const auto& [pair, turns] : passed_over_) {
      // Whoever could start now and is passed over by a third keeps his count; others begin anew.
      const bool waits = std::any_of(contestants.begin(), contestants.end(), [&, user = pair.first](const auto& each) {
        return each.user_id == user && each.priority == started.priority;
      });
      if (waits && pair.first != started.user_id) counted.try_emplace(pair, turns);
    }
    passed_over_ = std::move(counted);
  }

  std::map<std::pair<UserId, UserId>, int> passed_over_;  // who, by whom: how often in a row
  int since_fair_share_ = 0;
};

}  // namespace taskgate::jobs
