#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/job_store.h"

namespace taskgate::sqlite {

// Jobs that may not start before their time, ordered by that time within each type. Every operation costs O(log n) in
// the jobs and in the types; next_due() besides O(types named).
class WaitingJobs {
 public:
  void add(std::string_view type, Time due, JobId id);
  // False when it was not there.
  bool remove(std::string_view type, Time due, JobId id);
  // Takes out a job that is due at `now`, the earliest first.
  [[nodiscard]] std::optional<JobId> take_due(Time now);
  // When the first job of the selection is due.
  [[nodiscard]] std::optional<Time> next_due(const jobs::TypeSelection& types) const;
  void clear();

 private:
  using Moment = std::pair<Time, JobId>;
  using Groups = std::map<std::string, std::set<Moment>, std::less<>>;
  using Head = std::pair<Moment, const std::string*>;  // the first of a group and the group's type, owned by `groups_`

  void remove_head(const Groups::value_type& group) { heads_.erase({*group.second.begin(), &group.first}); }
  void add_head(const Groups::value_type& group) { heads_.emplace(*group.second.begin(), &group.first); }
  void remove(Groups::iterator group, std::set<Moment>::iterator moment);

  Groups groups_;  // none is empty
  std::set<Head> heads_;
};

}  // namespace taskgate::sqlite
