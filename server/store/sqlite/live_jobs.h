#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "jobs/job_store.h"
#include "jobs/ready_queue.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/waiting_jobs.h"

namespace taskgate::sqlite {

// Where a job stands, as far as the memory of the queue is concerned. `type` is a view of the job's own.
struct Standing {
  JobId id;
  std::string_view type;
  jobs::JobStatus status = jobs::JobStatus::pending;
  std::optional<Time> run_at;
  std::optional<Time> lease_expires_at;
};
[[nodiscard]] inline Standing standing_of(const jobs::Job& job) {
  return {job.id, job.type, job.status, job.run_at, job.lease_expires_at};
}

// The live jobs in memory, as the writer's alone: which may start, which wait for their time, which lease ends when. It
// says exactly what the rows say after each commit; after a failed one it is built anew. Finished jobs are not in it.
class LiveJobs {
 public:
  explicit LiveJobs(std::uint32_t fair_share_every);

  // Builds everything from the rows. Jobs with a `run_at` wait until the next promote_due().
  void rebuild(JobRows& rows);

  // The job, as it stands in its row now, enters. Finished ones are ignored.
  void enter(const jobs::Job& job, Time now);
  // The job, as it stood until now, goes.
  void leave(const Standing& job);
  // Moves waiting jobs whose time has come to the ready ones.
  void promote_due(JobRows& rows, Time now);
  // Takes the next job to start, in the order of ready_queue.h.
  [[nodiscard]] std::optional<JobId> pop(const jobs::TypeSelection& types);

  [[nodiscard]] std::size_t ready() const { return ready_.size(); }
  // When the first waiting job of the selection becomes ready.
  [[nodiscard]] std::optional<Time> next_due(const jobs::TypeSelection& types) const {
    return waiting_.next_due(types);
  }
  // Jobs whose lease ended before `before`.
  [[nodiscard]] std::vector<JobId> expired_leases(Time before) const;
  [[nodiscard]] std::vector<JobId> leased() const;
  // Rises with each change, so that the writer can tell whether a command that failed had touched anything.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  using Moment = std::pair<Time, JobId>;

  void enter_row(const LiveRow& row);

  std::uint32_t fair_share_every_;
  jobs::ReadyQueue ready_;
  WaitingJobs waiting_;
  std::set<Moment> leases_;
  std::uint64_t changes_ = 0;
};

}  // namespace taskgate::sqlite
