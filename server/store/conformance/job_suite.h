#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/conformance/engine.h"

namespace taskgate::conformance {

using namespace std::chrono_literals;
using namespace taskgate::jobs;

// What the tests of jobs::JobStore share: an engine, two users, a standing clock and short ways to say things.
class JobSuite : public ::testing::TestWithParam<JobEngineMaker> {
 protected:
  JobStore& store() { return engine_->store(); }
  void reopen() { engine_->reopen(); }
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }

  Job make_job(std::string type = "mail", double priority = 0) { return make_job_of(alice, std::move(type), priority); }
  Job make_job_of(const UserId& user, std::string type = "mail", double priority = 0) {
    Job job;
    job.id = ids_.next_job_id(now);
    job.user_id = user;
    job.type = std::move(type);
    job.priority = priority;
    job.created_at = now;
    job.updated_at = now;
    return job;
  }
  // Submits one job and gives it as the store keeps it.
  Job submit(Job job) {
    const JobId id = job.id;
    std::vector<Job> jobs;
    jobs.push_back(std::move(job));
    run(store().submit(std::move(jobs), now));
    return get(id);
  }
  Job submit() { return submit(make_job()); }
  Job submit_delayed(std::chrono::milliseconds delay) {
    Job job = make_job();
    job.run_at = now + delay;
    return submit(std::move(job));
  }

  // Through the verb for any jobs.
  SubmitAnswer submit_all(SubmitRequest request) { return run(store().submit_all(std::move(request), now)).value(); }
  Submitted submit_one(Job job, UniquePolicy on_duplicate = UniquePolicy::return_existing) {
    SubmitRequest request;
    request.submissions.push_back({std::move(job), on_duplicate});
    return submit_all(std::move(request)).jobs.at(0);
  }
  // Told by the store from now on: what followed from what was asked for.
  std::vector<Job>& followed() {
    if (!listening_) store().job_followed.connect([this](const Job& job) { followed_.push_back(job); });
    listening_ = true;
    return followed_;
  }

  Job get(JobId id) { return run(store().get({}, id)).value(); }
  Claim claim(std::size_t max = 1, std::string worker = "worker-1") {
    return claim_of({{}, true}, max, std::move(worker));
  }
  Claim claim_of(TypeSelection types, std::size_t max = 1, std::string worker = "worker-1") {
    ClaimRequest request;
    request.worker = std::move(worker);
    request.types = std::move(types);
    request.max = max;
    request.lease = lease;
    return run(store().claim(std::move(request), now));
  }
  Job claim_one() { return claim().jobs.at(0); }
  static std::vector<JobId> ids_of(const std::vector<Job>& jobs) {
    std::vector<JobId> ids;
    for (const Job& job : jobs) ids.push_back(job.id);
    return ids;
  }

  Settled settle(Settlement settlement) {
    std::vector<Settlement> settlements;
    settlements.push_back(std::move(settlement));
    return run(store().settle(std::move(settlements), now)).at(0);
  }
  static Settlement completion(const Job& job) {
    return {job.id, job.fence, SettlementKind::complete, R"({"sent":true})", std::nullopt, std::nullopt};
  }
  static Settlement failure(const Job& job, std::string error = "no answer") {
    return {job.id, job.fence, SettlementKind::fail, std::nullopt, std::move(error), std::nullopt};
  }
  Settlement another_try(const Job& job, std::chrono::milliseconds delay) const {
    return {job.id, job.fence, SettlementKind::retry, std::nullopt, "no answer", now + delay};
  }
  static Settlement release(const Job& job) {
    return {job.id, job.fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt};
  }
  std::optional<Job> beat(Beat sign) {
    std::vector<Beat> beats;
    beats.push_back(std::move(sign));
    return run(store().beat(std::move(beats), now)).at(0);
  }
  Result<Job> cancel(JobId id) { return run(store().cancel({}, id, now)); }
  std::vector<Attempt> attempts(JobId id) { return run(store().attempts({}, id)).value(); }
  std::vector<JobId> list(JobFilter filter, std::size_t limit = 100) {
    return ids_of(run(store().list({}, std::move(filter), limit, std::nullopt)).jobs);
  }
  JobCounts counts() { return run(store().counts({})); }
  // The same numbers, found by looking at every job.
  JobCounts recount(const Scope& scope) {
    JobCounts counted;
    for (const Job& job : run(store().list(scope, {}, 100'000, std::nullopt)).jobs) {
      switch (job.status) {
        case JobStatus::pending:
          ++counted.pending;
          break;
        case JobStatus::processing:
          ++counted.processing;
          break;
        case JobStatus::completed:
          ++counted.completed;
          break;
        case JobStatus::failed:
          ++counted.failed;
          break;
        case JobStatus::cancelled:
          ++counted.cancelled;
          break;
      }
    }
    return counted;
  }

  static constexpr std::chrono::milliseconds lease = 30s;
  static constexpr int crashes_max = 3;

  Time now{1'767'225'600'000ms};
  const UserId alice{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  const UserId bob{{2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

 private:
  std::unique_ptr<JobEngine> engine_ = GetParam().make();
  IdGenerator ids_;
  bool listening_ = false;
  std::vector<Job> followed_;
};

}  // namespace taskgate::conformance
