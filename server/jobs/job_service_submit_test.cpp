#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "jobs/job_service.h"
#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

// Submitting many, unique keys, dependencies, changes: what concerns more than one job.
class JobServiceSubmitTest : public ::testing::Test {
 protected:
  JobServiceSubmitTest() {
    ann.user_id.bytes[0] = 1;
    bob.user_id.bytes[0] = 2;
    service.job_changed.connect([this](const Job& job) { changed.push_back(job); });
    service.work_available.connect([this] { ++wake_ups; });
    service.job_cancelled.connect([this](const JobId& id, const std::int64_t&) { stopped.push_back(id); });
  }
  static NewJob mail() {
    NewJob job;
    job.type = "mail";
    return job;
  }
  static NewJob keyed(UniquePolicy policy) {
    NewJob job = mail();
    job.unique = UniqueKeyRequest{"nightly", policy};
    return job;
  }
  Result<Job> submit(NewJob job) { return run_to_completion(service.submit(ann, std::move(job))); }
  Result<SubmitAnswer> submit_all(std::vector<Result<NewJob>> jobs,
                                  std::optional<RequestIdentity> identity = std::nullopt) {
    return run_to_completion(service.submit_all(ann, std::move(jobs), std::move(identity)));
  }
  static RequestIdentity identity(std::string key, std::uint8_t digest = 1) {
    RequestIdentity made;
    made.key = std::move(key);
    made.request[0] = digest;
    made.write_answer = [](const std::vector<Submitted>& jobs) { return std::to_string(jobs.size()) + " jobs"; };
    return made;
  }
  Result<Job> change(const Principal& caller, JobId id, JobChange changes) {
    return run_to_completion(service.change(caller, id, std::move(changes)));
  }
  Job claimed() {
    ClaimRequest request;
    request.worker = "worker";
    request.types.all_but = true;
    return run_to_completion(store.claim(request, clock.now())).jobs.at(0);
  }

  Principal ann;
  Principal bob;
  MemoryJobStore store;
  ManualClock clock;
  IdGenerator ids;
  JobService service{store, clock, ids};
  std::vector<Job> changed;
  std::vector<JobId> stopped;
  int wake_ups = 0;
};

TEST_F(JobServiceSubmitTest, AnswersForEachJobOfABatchInOrder) {
  NewJob nameless;
  std::vector<Result<NewJob>> jobs = {mail(), nameless, validation_failed("jobs", "unreadable"), mail()};
  const auto calls = store.calls();
  const auto answer = submit_all(std::move(jobs));
  EXPECT_EQ(store.calls(), calls + 1);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->jobs.size(), 4U);
  EXPECT_EQ(answer->jobs[0].status, SubmitStatus::created);
  EXPECT_EQ(answer->jobs[1].status, SubmitStatus::refused);
  EXPECT_EQ(answer->jobs[1].refusal->message, "Job type is required");
  EXPECT_EQ(answer->jobs[2].refusal->fields.at(0).message, "unreadable");
  EXPECT_EQ(answer->jobs[3].status, SubmitStatus::created);
  EXPECT_LT(answer->jobs[0].job.id, answer->jobs[3].job.id);
  EXPECT_EQ(changed.size(), 2U);
  EXPECT_EQ(wake_ups, 1);
  EXPECT_EQ(run_to_completion(service.count_own(ann)).pending, 2);
}

TEST_F(JobServiceSubmitTest, LeavesTheStoreAloneWhenNothingOfABatchCanBeTaken) {
  const auto calls = store.calls();
  EXPECT_EQ(submit_all({validation_failed("jobs", "unreadable")})->jobs.size(), 1U);
  EXPECT_EQ(store.calls(), calls);
  EXPECT_EQ(wake_ups, 0);
}

TEST_F(JobServiceSubmitTest, RepeatsTheAnswerOfARequestItKnows) {
  EXPECT_FALSE(submit_all({mail(), NewJob{}}, identity("k"))->repeated);
  const auto announced = changed.size();
  EXPECT_EQ(submit_all({mail(), NewJob{}}, identity("k"))->repeated, "2 jobs");
  EXPECT_EQ(changed.size(), announced);
  EXPECT_EQ(submit_all({mail()}, identity("k", 2)).error().reason, "idempotency_mismatch");
  clock.advance(24h);
  EXPECT_FALSE(submit_all({mail()}, identity("k", 2))->repeated);
}

TEST_F(JobServiceSubmitTest, RefusesIdempotencyKeysThatCannotBeOne) {
  for (const auto& key : {std::string(), std::string(256, 'k'), std::string("a\nb"), std::string("ü")}) {
    EXPECT_EQ(submit_all({mail()}, identity(key)).error().fields.at(0).field, "Idempotency-Key") << key;
  }
  EXPECT_TRUE(submit_all({mail()}, identity(std::string(255, 'k'))));
}

TEST_F(JobServiceSubmitTest, GivesTheHolderOfAUniqueKeyOrRefuses) {
  const Job holder = submit(keyed(UniquePolicy::return_existing)).value();
  EXPECT_EQ(submit(keyed(UniquePolicy::return_existing))->id, holder.id);
  EXPECT_EQ(submit(keyed(UniquePolicy::reject)).error().reason, "unique_key_taken");
  EXPECT_EQ(changed.size(), 1U);
}

TEST_F(JobServiceSubmitTest, StopsARunningJobThatIsReplaced) {
  (void)submit(keyed(UniquePolicy::return_existing));
  const Job running = claimed();
  const Job successor = submit(keyed(UniquePolicy::replace)).value();
  EXPECT_EQ(stopped, std::vector<JobId>{running.id});
  ASSERT_EQ(changed.size(), 3U);
  EXPECT_EQ(changed[1].id, running.id);
  EXPECT_EQ(changed[1].status, JobStatus::cancelled);
  EXPECT_EQ(changed[2].id, successor.id);
}

TEST_F(JobServiceSubmitTest, AnnouncesWhatADependencyLetsGo) {
  const Job first = submit(mail()).value();
  NewJob after = mail();
  after.depends_on = {first.id};
  const Job last = submit(after).value();
  EXPECT_EQ(last.blocked_by, 1);
  EXPECT_EQ(wake_ups, 1);
  const Job running = claimed();
  std::vector<Settlement> done{{running.id, running.fence, SettlementKind::complete, "1", std::nullopt, std::nullopt}};
  (void)run_to_completion(store.settle(std::move(done), clock.now()));
  EXPECT_EQ(changed.back().id, last.id);
  EXPECT_EQ(changed.back().blocked_by, 0);
  EXPECT_EQ(wake_ups, 2);
  EXPECT_EQ(claimed().id, last.id);
}

TEST_F(JobServiceSubmitTest, RefusesToDependOnTheJobsOfOthers) {
  const Job of_bob = run_to_completion(service.submit(bob, mail())).value();
  NewJob after = mail();
  after.depends_on = {of_bob.id};
  EXPECT_EQ(submit(after).error().fields.at(0).field, "dependsOn");
}

TEST_F(JobServiceSubmitTest, ChangesAWaitingJobOfTheCaller) {
  const Job job = submit(mail()).value();
  const Job changed_job = change(ann, job.id, {7.5, clock.now() + 1h}).value();
  EXPECT_EQ(changed_job.priority, 7.5);
  EXPECT_EQ(changed_job.run_at, clock.now() + 1h);
  EXPECT_EQ(changed.back().priority, 7.5);
  EXPECT_EQ(wake_ups, 2);
  EXPECT_EQ(change(bob, job.id, {1.0, std::nullopt}).error().code, ErrorCode::not_found);
  EXPECT_EQ(change(ann, job.id, {std::numeric_limits<double>::infinity(), std::nullopt}).error().fields.at(0).field,
            "priority");
  EXPECT_EQ(change(ann, job.id, {std::nullopt, clock.now() + 366 * 24h}).error().fields.at(0).field, "runAt");
}

}  // namespace
}  // namespace taskgate::jobs
