#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "jobs/job_store.h"

namespace taskgate::jobs {

// Plays one seeded history against a store: users submit, cancel and retry, workers claim, stall, return, repeat
// themselves, the clock jumps, leases run out, the program dies and recovers. A small model knows after every step what
// must be in the store; the first difference is thrown as Violation, and the same seed plays the same history again.
// For tests; works on any engine.
class QueueSimulator {
 public:
  struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  // `restart` ends and starts the engine under the store: what was acknowledged must still be there.
  QueueSimulator(JobStore& store, std::function<void()> restart, std::uint64_t seed)
      : store_(store), restart_(std::move(restart)), random_(seed) {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      const int choice = below(100);
      if (choice < 3) {
        control();
      } else if (choice < 20) {
        submit();
      } else if (choice < 42) {
        claim();
      } else if (choice < 67) {
        settle();
      } else if (choice < 74) {
        beat();
      } else if (choice < 84) {
        pass_time();
      } else if (choice < 90) {
        reclaim();
      } else if (choice < 94) {
        cancel();
      } else if (choice < 97) {
        retry();
      } else {
        crash();
      }
      compare();
    }
  }

 private:
  static constexpr int jobs_max = 12;
  static constexpr int crashes_max = 3;
  static constexpr std::chrono::milliseconds lease{30'000};

  struct Expected {
    Job job;  // only the fields named in `same` are kept up to date
    std::map<std::int64_t, AttemptOutcome> ended;
    // Its moment has come once, though the clock may have been set back since: engines may start it or wait again.
    bool once_due = false;
  };
  struct HeldLease {
    JobId id;
    std::int64_t fence;
  };

  template <class T>
  static T wait_for(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }
  static void require(bool holds, const std::string& what) {
    if (!holds) throw Violation(what);
  }
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::string some_type() { return std::string(1, static_cast<char>('a' + below(3))); }
  Expected* some_job() {
    if (model_.empty()) return nullptr;
    return &std::next(model_.begin(), below(static_cast<int>(model_.size())))->second;
  }

  void submit() {
    std::vector<Job> jobs;
    for (int count = 1 + below(3); count > 0 && model_.size() + jobs.size() < jobs_max; --count) {
      Job job;
      job.id = JobId{++last_id_};
      job.user_id.bytes[0] = static_cast<std::uint8_t>(below(3));
      job.type = some_type();
      job.priority = below(3);
      job.max_retries = 3;
      job.created_at = job.updated_at = now_;
      if (below(4) == 0) job.run_at = now_ + std::chrono::seconds{below(60)};
      jobs.push_back(job);
    }
    for (Job job : jobs) {
      if (job.run_at && *job.run_at <= now_) job.run_at.reset();
      model_[job.id].job = job;
    }
    require(wait_for(store_.submit(std::move(jobs), now_)).has_value(), "a submission is taken");
  }

  static bool selects(const TypeSelection& types, const Job& job) {
    return (std::find(types.types.begin(), types.types.end(), job.type) != types.types.end()) != types.all_but;
  }
  bool is_ready(const Expected& expected, const TypeSelection& types) const {
    const Job& job = expected.job;
    return job.status == JobStatus::pending && (!job.run_at || *job.run_at <= now_) && selects(types, job);
  }
  bool may_be_ready(const Expected& expected, const TypeSelection& types) const {
    if (is_ready(expected, types)) return true;
    return expected.once_due && expected.job.status == JobStatus::pending && selects(types, expected.job);
  }

  void claim() {
    ClaimRequest request;
    request.worker = below(2) == 0 ? "server" : "elsewhere";
    request.types.all_but = below(2) == 0;
    for (int count = below(3); count > 0; --count) request.types.types.push_back(some_type());
    request.max = static_cast<std::size_t>(1 + below(4));
    request.lease = lease;
    std::size_t ready = 0;
    std::size_t perhaps_ready = 0;
    for (const auto& [id, expected] : model_) {
      if (is_ready(expected, request.types)) ++ready;
      if (may_be_ready(expected, request.types)) ++perhaps_ready;
    }
    const Claim claimed = wait_for(store_.claim(request, now_));
    require(claimed.jobs.size() <= std::min(perhaps_ready, request.max),
            "a claim gives no more than are ready and asked for");
    for (const Job& job : claimed.jobs) take(job, request);
    if (claimed.jobs.size() < request.max) check_leftovers(request.types);
    if (claimed.jobs.size() < request.max && ready == perhaps_ready) check_next_due(claimed, request.types);
  }
  void take(const Job& claimed, const ClaimRequest& request) {
    require(model_.contains(claimed.id), "only submitted jobs are claimed");
    Expected& expected = model_.at(claimed.id);
    Job& job = expected.job;
    require(may_be_ready(expected, request.types), "only ready jobs of the selection are claimed, each by one holder");
    require(claimed.fence > job.fence, "the fence of a job only rises");
    require(!is_held_up(job), "no more run than may, and nothing starts that is paused");
    job.status = JobStatus::processing;
    ++job.attempts;
    ++job.fence;
    job.run_at.reset();
    expected.once_due = false;
    job.worker = request.worker;
    job.lease_expires_at = now_ + lease;
    leases_.push_back({job.id, job.fence});
  }
  void check_leftovers(const TypeSelection& types) {
    for (const auto& [id, expected] : model_) {
      require(!is_ready(expected, types) || is_held_up(expected.job), "a claim leaves nothing that may start");
    }
  }
  // Counts slots in the plainest way: by looking at every job.
  bool is_held_up(const Job& job) const {
    const auto type = types_.find(job.type);
    const auto user = users_.find(job.user_id);
    std::int64_t of_type = 0;
    std::int64_t of_user = 0;
    std::int64_t of_both = 0;
    for (const auto& [id, expected] : model_) {
      const Job& other = expected.job;
      if (other.status != JobStatus::processing) continue;
      of_type += other.type == job.type ? 1 : 0;
      of_user += other.user_id == job.user_id ? 1 : 0;
      of_both += other.type == job.type && other.user_id == job.user_id ? 1 : 0;
    }
    const auto reached = [](const std::optional<std::int64_t>& limit, std::int64_t running) {
      return limit && running >= *limit;
    };
    if (user != users_.end() && reached(user->second.concurrency, of_user)) return true;
    if (type == types_.end()) return false;
    const TypeControl& control = type->second;
    return control.paused || reached(control.concurrency, of_type) || reached(control.concurrency_per_user, of_both);
  }
  std::optional<std::int64_t> some_limit() {
    if (below(2) == 0) return std::nullopt;
    return 1 + below(2);
  }
  void control() {
    if (below(2) == 0) {
      UserId user;
      user.bytes[0] = static_cast<std::uint8_t>(below(3));
      UserControlChange change;
      change.concurrency.emplace(some_limit());
      users_[user] = wait_for(store_.control_user(user, change, now_));
      require(users_[user].concurrency == *change.concurrency, "a control is as it was set");
      return;
    }
    const std::string type = some_type();
    TypeControlChange change;
    change.paused = below(4) == 0;
    change.concurrency.emplace(some_limit());
    change.concurrency_per_user.emplace(some_limit());
    types_[type] = wait_for(store_.control_type(type, change, now_));
    require(types_[type].concurrency == *change.concurrency && types_[type].paused == *change.paused,
            "a control is as it was set");
  }
  void check_next_due(const Claim& claimed, const TypeSelection& types) {
    std::optional<Time> earliest;
    for (const auto& [id, expected] : model_) {
      const Job& job = expected.job;
      if (job.status != JobStatus::pending || !job.run_at || *job.run_at <= now_ || !selects(types, job)) continue;
      earliest = earliest ? std::min(*earliest, *job.run_at) : *job.run_at;
    }
    require(claimed.next_due == earliest, "a claim names the next moment at which a job becomes ready");
  }

  void settle() {
    if (leases_.empty()) return;
    // Any lease there ever was: current, over, or settled already by this very request.
    const HeldLease lease_held = leases_[static_cast<std::size_t>(below(static_cast<int>(leases_.size())))];
    Settlement settlement{lease_held.id, lease_held.fence, static_cast<SettlementKind>(below(4)), {}, {}, {}};
    if (settlement.kind == SettlementKind::complete) settlement.result = std::to_string(lease_held.fence);
    if (settlement.kind == SettlementKind::retry) settlement.run_at = now_ + std::chrono::seconds{below(10)};
    if (settlement.kind == SettlementKind::retry || settlement.kind == SettlementKind::fail)
      settlement.error = "broken";
    Expected& expected = model_.at(settlement.id);
    const SettleStatus status = expect_settled(expected, settlement);
    const auto settled = wait_for(store_.settle({settlement}, now_));
    require(settled.at(0).status == status, "only the current lease settles its job");
  }
  SettleStatus expect_settled(Expected& expected, const Settlement& settlement) {
    Job& job = expected.job;
    if (job.status != JobStatus::processing || job.fence != settlement.fence) {
      const auto ended = expected.ended.find(settlement.fence);
      if (ended == expected.ended.end() || ended->second == AttemptOutcome::crashed) return SettleStatus::stale_lease;
      return ended->second == AttemptOutcome::cancelled ? SettleStatus::cancelled : SettleStatus::already_settled;
    }
    static constexpr AttemptOutcome outcomes[] = {AttemptOutcome::completed, AttemptOutcome::failed,
                                                  AttemptOutcome::failed, AttemptOutcome::released};
    expected.ended[job.fence] = outcomes[static_cast<std::size_t>(settlement.kind)];
    job.worker.reset();
    job.lease_expires_at.reset();
    job.status = JobStatus::pending;
    if (settlement.kind == SettlementKind::complete) job.status = JobStatus::completed;
    if (settlement.kind == SettlementKind::fail) job.status = JobStatus::failed;
    if (settlement.kind == SettlementKind::complete) job.result = settlement.result;
    if (settlement.kind == SettlementKind::release) --job.attempts;
    if (settlement.kind == SettlementKind::retry) {
      ++job.retries;
      if (*settlement.run_at > now_) job.run_at = settlement.run_at;
    }
    return SettleStatus::ok;
  }

  void beat() {
    if (leases_.empty()) return;
    const HeldLease lease_held = leases_[static_cast<std::size_t>(below(static_cast<int>(leases_.size())))];
    Job& job = model_.at(lease_held.id).job;
    const bool current = job.status == JobStatus::processing && job.fence == lease_held.fence;
    if (current) job.lease_expires_at = now_ + lease;
    const auto answers = wait_for(store_.beat({{lease_held.id, lease_held.fence, lease, 50.0, "half way"}}, now_));
    require(answers.at(0).has_value() == current, "only the current lease is renewed");
  }

  void pass_time() {
    if (below(10) == 0) {
      now_ += std::chrono::hours{below(3) - 1};  // the clock is set
    } else {
      now_ += std::chrono::milliseconds{below(25'000)};
    }
    for (auto& [id, expected] : model_) {
      if (expected.job.run_at && *expected.job.run_at <= now_) expected.once_due = true;
    }
  }

  void reclaim() {
    std::set<JobId> expired;
    for (auto& [id, expected] : model_) {
      if (expected.job.status != JobStatus::processing || *expected.job.lease_expires_at >= now_) continue;
      expect_crash(expected);
      expired.insert(id);
    }
    require(ids_of(wait_for(store_.reclaim_expired(crashes_max, now_))) == expired, "exactly the expired leases end");
  }
  void expect_crash(Expected& expected) {
    Job& job = expected.job;
    expected.ended[job.fence] = AttemptOutcome::crashed;
    ++job.crashes;
    job.status = job.crashes > crashes_max ? JobStatus::failed : JobStatus::pending;
    job.worker.reset();
    job.lease_expires_at.reset();
  }
  static std::set<JobId> ids_of(const std::vector<Job>& jobs) {
    std::set<JobId> ids;
    for (const Job& job : jobs) ids.insert(job.id);
    return ids;
  }

  void cancel() {
    Expected* expected = some_job();
    if (expected == nullptr) return;
    Job& job = expected->job;
    const bool live = !is_finished(job.status);
    if (job.status == JobStatus::processing) expected->ended[job.fence] = AttemptOutcome::cancelled;
    if (live) {
      ++job.fence;
      job.status = JobStatus::cancelled;
      job.run_at.reset();
      expected->once_due = false;
      job.worker.reset();
      job.lease_expires_at.reset();
    }
    require(wait_for(store_.cancel({job.user_id}, job.id, now_)).has_value() == live, "only live jobs are cancelled");
  }

  void retry() {
    Expected* expected = some_job();
    if (expected == nullptr) return;
    Job& job = expected->job;
    const bool allowed = job.status == JobStatus::failed || job.status == JobStatus::cancelled;
    if (allowed) {
      job.status = JobStatus::pending;
      job.retries = job.crashes = 0;
    }
    require(wait_for(store_.retry({job.user_id}, job.id, now_)).has_value() == allowed,
            "only failed and cancelled jobs are retried by hand");
  }

  // The program dies between two steps and starts again.
  void crash() {
    restart_();
    std::set<JobId> own;
    for (auto& [id, expected] : model_) {
      if (expected.job.status != JobStatus::processing) continue;
      if (expected.job.worker == "server") {
        expect_crash(expected);
        own.insert(id);
      } else {
        expected.job.lease_expires_at = now_ + lease;
      }
    }
    require(ids_of(wait_for(store_.recover("server", crashes_max, lease, now_))) == own,
            "a restart reclaims what the program itself held");
  }

  void compare() {
    const JobPage page = wait_for(store_.list({}, {}, 1000, std::nullopt));
    require(page.jobs.size() == model_.size(), "an acknowledged job exists");
    JobCounts recount;
    for (const Job& job : page.jobs) {
      require(model_.contains(job.id), "only submitted jobs exist");
      compare(model_.at(job.id).job, job);
      std::int64_t* const counts[] = {&recount.pending, &recount.processing, &recount.completed, &recount.failed,
                                      &recount.cancelled};
      ++*counts[static_cast<std::size_t>(job.status)];
    }
    require(wait_for(store_.counts({})) == recount, "counters equal a recount");
  }
  void compare(Job& expected, const Job& job) {
    const std::string name = "job " + to_string(job.id) + ": ";
    require(job.status == expected.status, name + "status " + std::string(to_string(job.status)) + " instead of " +
                                               std::string(to_string(expected.status)));
    require(job.fence == expected.fence, name + "fence");
    require(job.attempts == expected.attempts, name + "attempts");
    require(job.retries == expected.retries, name + "retries: a crash is not a failure");
    require(job.crashes == expected.crashes, name + "crashes");
    require(job.priority == expected.priority, name + "priority");
    require(job.worker == expected.worker, name + "holder");
    require(job.lease_expires_at == expected.lease_expires_at, name + "end of the lease");
    require(job.status != JobStatus::completed || job.result == expected.result, name + "result");
    require(!job.run_at || job.run_at == expected.run_at, name + "due moment");
    require(job.revision >= expected.revision, name + "the revision only rises");
    expected.revision = job.revision;
  }

  JobStore& store_;
  std::function<void()> restart_;
  std::map<std::string, TypeControl> types_;
  std::map<UserId, UserControl> users_;
  std::mt19937_64 random_;
  Time now_{std::chrono::milliseconds{1'767'225'600'000}};
  std::uint64_t last_id_ = 0;
  std::map<JobId, Expected> model_;
  std::vector<HeldLease> leases_;  // every lease there ever was
};

}  // namespace taskgate::jobs
