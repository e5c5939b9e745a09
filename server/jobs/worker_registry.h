#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/job.h"
#include "jobs/worker_poll.h"

namespace taskgate::jobs {

// One job in the hands of a worker: what the server's rules need to know about it when the worker settles it, without
// its data.
struct HeldJob {
  Job job;
  Time lease_ends;
  std::optional<Time> told_at;  // when its progress was last announced
  std::optional<Job> untold;    // the latest progress that was not
};

// A worker is told to drop a job: it was cancelled, or its lease is no longer the current one.
struct WorkerCancel {
  JobId id;
  std::string reason;  // "cancelled" or "lease_lost"
};

// Who holds which job, and when each worker was last heard of. A memory of what passed through this server, no more:
// the leases in the store are the truth. After a restart it fills again with the first beats. Guarded by its owner.
class WorkerRegistry {
 public:
  // Workers are told apart by the user of their key and their name.
  using Key = std::pair<UserId, std::string>;
  struct Worker {
    bool all_users = false;
    std::vector<std::string> types;  // of its latest claim
    Time seen_at;
    std::set<JobId> jobs;
    std::vector<WorkerCancel> cancels;            // to be told with its next answer
    std::set<std::shared_ptr<WorkerPoll>> polls;  // that wait
  };

  // The worker, heard of now. Tidies up once a minute.
  Worker& seen(const Key& key, Time now);
  void hold(const Key& key, const Job& job);
  // What is known about a job in that worker's hands under that fence; null when nothing is.
  [[nodiscard]] HeldJob* find(JobId id, std::int64_t fence);
  // It is out of the worker's hands by the worker's own doing.
  void drop(JobId id, std::int64_t fence);
  // A job changed, whoever did it: if a worker held it and does no more, it is to be told. Its polls are rung.
  void job_changed(const Job& job);
  [[nodiscard]] std::vector<WorkerCancel> take_cancels(const Key& key);
  // The jobs in that worker's hands.
  [[nodiscard]] std::vector<HeldJob> held_by(const Key& key) const;

  // Forgets what ended unheard of: jobs whose lease ended a minute ago, and workers without jobs and polls after ten.
  void tidy(Time now);
  [[nodiscard]] const std::map<Key, Worker>& workers() const { return workers_; }
  [[nodiscard]] bool empty() const { return held_.empty(); }
  // Every job whose progress has not been announced yet, as it is to be announced at `now`.
  [[nodiscard]] std::vector<Job> take_untold(Time now);

 private:
  struct Hold {
    HeldJob held;
    Key worker;
  };
  void erase(std::unordered_map<JobId, Hold>::iterator place);

  std::map<Key, Worker> workers_;
  std::unordered_map<JobId, Hold> held_;
  Time tidied_at_{};
};

}  // namespace taskgate::jobs
