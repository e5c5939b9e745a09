#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "jobs/job_store.h"
#include "jobs/ready_queue.h"
#include "store/sqlite/control_rows.h"
#include "store/sqlite/job_recount.h"
#include "store/sqlite/job_rows.h"
#include "store/sqlite/waiting_jobs.h"

namespace taskgate::sqlite {

// Where a job stands, as far as the memory of the queue is concerned. `type` and `queue` are views of the job's own.
struct Standing {
  JobId id;
  std::string_view type;
  jobs::JobStatus status = jobs::JobStatus::pending;
  std::optional<Time> run_at;
  std::optional<Time> lease_expires_at;
  std::string_view queue;
};
[[nodiscard]] inline Standing standing_of(const jobs::Job& job) {
  return {job.id, job.type, job.status, job.run_at, job.lease_expires_at, job.queue};
}

// The live jobs in memory, as the writer's alone: which may start and what holds them up, which wait for their time,
// which lease ends when. It says exactly what the rows say after each commit; after a failed one it is built anew.
// Finished jobs are not in it.
class LiveJobs {
 public:
  explicit LiveJobs(std::uint32_t fair_share_every);

  // Builds everything from the rows. Jobs with a `run_at` wait until the next promote_due().
  // Gives how many live jobs each user has.
  LiveCounts rebuild(JobRows& rows, ControlRows& controls);

  // The job, as it stands in its row now, enters. Finished ones are ignored.
  void enter(const jobs::Job& job, Time now);
  // The job, as it stood until now, goes. True when the slot it gave back lets another start that was held up by a
  // limit.
  bool leave(const Standing& job);
  // A running job's lease ends at another time now.
  void renew(const Standing& before, const jobs::Job& after);
  // Moves waiting jobs whose time has come to the ready ones.
  void promote_due(JobRows& rows, Time now);
  // Takes the next job to start, in the order of ready_queue.h. It holds its slots from then on: let it enter as
  // running, or leave.
  [[nodiscard]] std::optional<JobId> pop(const jobs::TypeSelection& types, const jobs::Scope& scope, Time now);
  // A job that was popped does not start after all.
  void give_up(JobId id) { ready_.finish(id); }

  // Controls: kept by the rows, in force from here on.
  void set_type_control(const std::string& type, const jobs::TypeControl& control, Time now);
  void set_queue_control(const std::string& queue, const jobs::QueueControl& control);
  void set_user_control(const UserId& user, const jobs::UserControl& control);
  // Levels of token buckets that the rows do not have yet.
  [[nodiscard]] std::vector<std::pair<std::string, jobs::StartBucket::Level>> take_changed_levels() {
    return ready_.take_changed_levels();
  }

  [[nodiscard]] const jobs::ReadyQueue& queue() const { return ready_; }
  [[nodiscard]] std::size_t ready() const { return ready_.size(); }
  // When the first job of the selection becomes ready that waits for its time or for its type's rate.
  [[nodiscard]] std::optional<Time> next_due(const jobs::TypeSelection& types) const;
  // Types and queues with their live figures, by name; see jobs::QueueOverview.
  [[nodiscard]] std::vector<jobs::TypeStanding> types() const;
  [[nodiscard]] std::vector<jobs::QueueStanding> queues() const;
  // Jobs whose lease ended before `before`.
  [[nodiscard]] std::vector<JobId> expired_leases(Time before) const;
  [[nodiscard]] std::vector<JobId> leased() const;
  // Rises with each change, so that the writer can tell whether a command that failed had touched anything.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  using Moment = std::pair<Time, JobId>;
  using Numbers = std::map<std::string, std::int64_t, std::less<>>;

  void enter_row(const LiveRow& row);
  void count_waiting(std::string_view type, std::string_view queue, int by);

  std::uint32_t fair_share_every_;
  jobs::ReadyQueue ready_;
  WaitingJobs waiting_;
  // Pending jobs that are not in `ready_`, whatever they wait for.
  Numbers waiting_by_type_;
  Numbers waiting_by_queue_;
  std::set<Moment> leases_;
  std::uint64_t changes_ = 0;
};

}  // namespace taskgate::sqlite
