#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "jobs/lease_token.h"
#include "jobs/waiting_room.h"
#include "jobs/worker_registry.h"
#include "jobs/worker_service.h"

namespace taskgate::jobs {

// What the parts of the worker service share (worker_service.cpp: claims; worker_settling.cpp: settles and beats);
// private to them.
class WorkerService::Implementation : public std::enable_shared_from_this<WorkerService::Implementation> {
 public:
  Implementation(boost::asio::any_io_executor loop_to_use, JobStore& store_to_use, JobService& jobs_to_use,
                 const Clock& clock_to_use, WorkerOptions chosen);
  void connect_signals();

  // The grant of a lease token, if it is for that job and the caller's own.
  [[nodiscard]] std::optional<LeaseGrant> read_lease(const Principal& caller, const std::string& lease, JobId id) const;
  // Settles what the store is to settle and makes known what came of it.
  Awaitable<std::vector<Settled>> carry_out(std::vector<Settlement> settlements);
  // Back into the queue, nothing spent. How many there were.
  Awaitable<std::size_t> hand_back(std::vector<Job> jobs);
  // The job as it was claimed under that lease: from memory, else from the store; nothing when it does not exist.
  Awaitable<std::optional<Job>> job_in_hand(LeaseGrant grant);
  void take_beat(const LeaseGrant& grant, const Beat& beat, const Job& job);
  void note_types(const std::vector<std::string>& types, Time heard_until);
  // Lines that were stored: to the terminal and to those who watch.
  void take_log(const Job& job, std::vector<LogLine> lines);
  // Held-back progress, a little later.
  static Awaitable<void> announce_later(std::shared_ptr<Implementation> self);

  void on_job_changed(const Job& job);
  void on_work_available();

  // What is shared among threads, for as long as the value lives.
  class Access {
   public:
    explicit Access(Implementation& whole) : whole_(whole), lock_(whole.mutex_) {}
    ~Access() { whole_.interested_ = whole_.room_.size() > 0 || !whole_.registry_.empty(); }
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    [[nodiscard]] WaitingRoom& room() { return whole_.room_; }
    [[nodiscard]] WorkerRegistry& registry() { return whole_.registry_; }
    [[nodiscard]] bool& announcing() { return whole_.announcing_; }

   private:
    Implementation& whole_;
    std::lock_guard<std::mutex> lock_;
  };

  boost::asio::any_io_executor loop;
  JobStore& store;
  JobService& jobs;
  const Clock& clock;
  WorkerOptions options;
  const LeaseTokenCodec leases;
  std::atomic<bool> draining{false};

 private:
  std::mutex mutex_;
  WaitingRoom room_;
  WorkerRegistry registry_;
  bool announcing_ = false;              // announce_later is under way
  std::atomic<bool> interested_{false};  // somebody waits or holds a job: changes matter
};

}  // namespace taskgate::jobs
