#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job_filter.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Goes through the jobs a filter may mean, from the newest to the oldest, along the indexes that hold the fewest
// others, and says of each whether it matches. One step reads one row; the caller decides how many to take.
//
// Which way it goes depends on the filter and on exact numbers only, never on statistics or a guess: failed, cancelled
// and live jobs have indexes of their own, because they are few among millions of completed ones. Types, tags, queues
// and texts have none: one more index would cost each job more than all its others do (see docs/jobs.md, "Lists").
class JobWalk {
 public:
  struct Step {
    JobId id;
    bool of_status = false;  // one of the filter's statuses, in the scope
    bool matches = false;    // all of it; a tag or a text may turn out to be none yet, ask jobs::matches()
  };

  // `total`: how many jobs of the scope there are, of any status. `short_walk`: so many rows are read without second
  // thought. The filter must outlive the walk.
  JobWalk(Database& database, const jobs::Scope& scope, const jobs::JobFilter& filter, std::optional<JobId> before,
          std::int64_t total, std::int64_t short_walk);

  [[nodiscard]] std::optional<Step> next();
  // What one step costs: 1 where rows lie one after the other, more where an index leads from one place to another.
  [[nodiscard]] std::size_t step_cost() const { return step_cost_; }
  static constexpr std::size_t scattered_step_cost = 4;  // measured with 11 million jobs

  // The statements that are walked along, merged by id. Of their parameters ?1 to ?8 the last two are always used.
  [[nodiscard]] static std::vector<std::string> statements(const jobs::Scope& scope, const jobs::JobFilter& filter,
                                                           std::int64_t total, std::int64_t short_walk);

 private:
  struct Source {
    Cursor rows;
    std::optional<Step> step;  // where it stands
  };

  static void advance(Source& source);

  std::optional<std::string> tag_;
  std::optional<std::string> pattern_;
  std::optional<std::string> pattern_in_tags_;
  JobId from_;
  JobId before_;
  std::size_t step_cost_;
  std::vector<Source> sources_;
};

}  // namespace taskgate::sqlite
