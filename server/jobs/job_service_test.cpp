#include "jobs/job_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

Principal person(std::uint8_t number, Role role = Role::user) {
  Principal principal;
  principal.user_id.bytes[0] = number;
  principal.role = role;
  return principal;
}

class JobServiceTest : public ::testing::Test {
 protected:
  JobServiceTest() {
    service.job_changed.connect([this](const Job& job) { changed.push_back(job); });
    service.work_available.connect([this] { ++wake_ups; });
    service.job_cancelled.connect([this](const JobId& id, const std::int64_t&) { stopped.push_back(id); });
  }

  Result<Job> submit(const Principal& caller, NewJob job) {
    return run_to_completion(service.submit(caller, std::move(job)));
  }
  Job submitted(const Principal& caller, std::string type = "mail") {
    NewJob job;
    job.type = std::move(type);
    return submit(caller, job).value();
  }
  Job claimed() {
    ClaimRequest request{"worker", {{}, true}, 1, milliseconds{30'000}};
    return run_to_completion(store.claim(request, clock.now())).jobs.at(0);
  }
  std::string refusal(NewJob job, std::string_view field) {
    const auto result = submit(ann, std::move(job));
    if (result) return "accepted";
    EXPECT_EQ(result.error().code, ErrorCode::bad_request);
    EXPECT_EQ(result.error().reason, "validation_failed");
    EXPECT_EQ(result.error().fields.at(0).field, field);
    return result.error().fields.at(0).message;
  }

  Principal ann = person(1);
  Principal bob = person(2);
  Principal admin = person(3, Role::admin);
  MemoryJobStore store;
  ManualClock clock;
  IdGenerator ids;
  JobService service{store, clock, ids};
  std::vector<Job> changed;
  std::vector<JobId> stopped;
  int wake_ups = 0;
};

TEST_F(JobServiceTest, StoresWhatWasSubmittedAndAnnouncesIt) {
  NewJob job;
  job.type = "  Send invoice ";
  job.data = R"({"amount": 12345678901234567890123})";
  job.priority = -2.5;
  const Job created = submit(ann, job).value();
  EXPECT_EQ(created.type, "Send invoice");
  EXPECT_EQ(created.data, job.data);
  EXPECT_EQ(created.priority, -2.5);
  EXPECT_EQ(created.max_retries, 3);
  EXPECT_EQ(created.status, JobStatus::pending);
  EXPECT_EQ(created.created_at, clock.now());
  EXPECT_EQ(run_to_completion(service.get(ann, created.id))->type, "Send invoice");
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].id, created.id);
  EXPECT_EQ(wake_ups, 1);
}

TEST_F(JobServiceTest, AnnouncesNothingWhenTheStoreIsBroken) {
  store.fail_next(1);
  NewJob job;
  job.type = "mail";
  EXPECT_THROW((void)submit(ann, job), StoreFailure);
  EXPECT_TRUE(changed.empty());
  EXPECT_EQ(wake_ups, 0);
}

TEST_F(JobServiceTest, RequiresAType) {
  const auto result = submit(ann, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::bad_request);
  EXPECT_EQ(result.error().message, "Job type is required");
  EXPECT_TRUE(changed.empty());
}

TEST_F(JobServiceTest, RefusesDataThatIsNotJsonOrTooLarge) {
  NewJob job;
  job.type = "mail";
  job.data = "{";
  EXPECT_THAT(refusal(job, "data"), ::testing::HasSubstr("Data must be valid JSON"));
  job.data = "\"" + std::string(256 * 1024, 'x') + "\"";
  EXPECT_EQ(refusal(job, "data"), "Data must have at most 256 KiB");
  job.data = "\"" + std::string(256 * 1024 - 2, 'x') + "\"";
  EXPECT_EQ(refusal(job, "data"), "accepted");
}

TEST_F(JobServiceTest, RefusesNumbersOutOfRange) {
  NewJob job;
  job.type = "mail";
  job.priority = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refusal(job, "priority"), "Priority must be a finite number");
  job.priority = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal(job, "priority"), "Priority must be a finite number");
  job.priority = 0;
  job.max_retries = -1;
  EXPECT_EQ(refusal(job, "maxRetries"), "maxRetries must be between 0 and 100");
  job.max_retries = 101;
  EXPECT_EQ(refusal(job, "maxRetries"), "maxRetries must be between 0 and 100");
  job.max_retries = 100;
  job.delay = milliseconds{-1};
  EXPECT_EQ(refusal(job, "delayMs"), "delayMs must be between 0 and 31536000000 (365 days)");
  job.delay = std::chrono::hours{24 * 365};
  EXPECT_EQ(refusal(job, "delayMs"), "accepted");
}

TEST_F(JobServiceTest, NamesEveryFaultAtOnce) {
  NewJob job;
  job.type = "a\nb";
  job.data = "nothing";
  job.max_retries = 1000;
  const auto result = submit(ann, job);
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().fields.size(), 3U);
  EXPECT_EQ(result.error().fields[0].field, "type");
  EXPECT_EQ(result.error().fields[1].field, "data");
  EXPECT_EQ(result.error().fields[2].field, "maxRetries");
}

TEST_F(JobServiceTest, HoldsADelayedJobBackUntilItIsDue) {
  NewJob job;
  job.type = "mail";
  job.delay = milliseconds{5'000};
  EXPECT_EQ(submit(ann, job)->run_at, clock.now() + milliseconds{5'000});
  ClaimRequest request{"worker", {{}, true}, 1, milliseconds{30'000}};
  const Claim early = run_to_completion(store.claim(request, clock.now()));
  EXPECT_TRUE(early.jobs.empty());
  EXPECT_EQ(early.next_due, clock.now() + milliseconds{5'000});
  clock.advance(milliseconds{5'000});
  EXPECT_EQ(claimed().type, "mail");
}

TEST_F(JobServiceTest, HidesTheJobsOfOthers) {
  const Job of_ann = submitted(ann);
  EXPECT_EQ(run_to_completion(service.get(bob, of_ann.id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run_to_completion(service.attempts(bob, of_ann.id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run_to_completion(service.cancel(bob, of_ann.id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run_to_completion(service.retry(bob, of_ann.id)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(run_to_completion(service.list_own(bob, {}, 100, std::nullopt)).jobs.empty());
  EXPECT_EQ(run_to_completion(service.count_own(bob)), JobCounts{});
  EXPECT_TRUE(run_to_completion(service.get(admin, of_ann.id)));
}

class JobServiceActionsTest : public JobServiceTest {
 protected:
  Result<JobActionReport> act(const Principal& caller, JobActionOrder order) {
    return run_to_completion(service.act(caller, std::move(order)));
  }
  static JobActionOrder cancelling(JobFilter filter) {
    JobActionOrder order;
    order.filter = std::move(filter);
    return order;
  }
};

TEST_F(JobServiceActionsTest, CancelsByFilterOnlyTheCallersJobsAndStopsTheirHandlers) {
  const Job running = submitted(ann);
  (void)claimed();
  const Job waiting = submitted(ann);
  const Job other_type = submitted(ann, "video");
  const Job of_bob = submitted(bob);
  changed.clear();
  const auto report = act(ann, cancelling({{}, "mail"}));
  EXPECT_EQ(report->matched, 2U);
  EXPECT_EQ(report->done, 2U);
  EXPECT_TRUE(report->refused.empty());
  EXPECT_FALSE(report->next);
  EXPECT_THAT(stopped, ::testing::ElementsAre(waiting.id, running.id));
  EXPECT_EQ(changed.size(), 2U);
  EXPECT_EQ(run_to_completion(service.get(ann, other_type.id))->status, JobStatus::pending);
  EXPECT_EQ(run_to_completion(service.get(bob, of_bob.id))->status, JobStatus::pending);
  EXPECT_EQ(act(ann, cancelling({{}, "mail"}))->matched, 0U);
}

TEST_F(JobServiceActionsTest, GoesOnFromWhereItStopped) {
  for (int count = 0; count < 5; ++count) (void)submitted(ann);
  JobActionOrder order = cancelling({});
  order.limit = 3;
  const auto first = act(ann, order);
  EXPECT_EQ(first->done, 3U);
  ASSERT_TRUE(first->next);
  order.before = first->next;
  const auto second = act(ann, order);
  EXPECT_EQ(second->done, 2U);
  EXPECT_FALSE(second->next);
  EXPECT_EQ(run_to_completion(service.count_own(ann)), (JobCounts{0, 0, 0, 0, 5}));
}

TEST_F(JobServiceActionsTest, TakesMoreJobsThanOneChangeOfTheStore) {
  for (int count = 0; count < 2'500; ++count) (void)submitted(ann);
  JobActionOrder order = cancelling({});
  order.limit = 2'400;
  const auto report = act(ann, order);
  EXPECT_EQ(report->done, 2'400U);
  EXPECT_TRUE(report->next);
  EXPECT_EQ(run_to_completion(service.count_own(ann)).pending, 100);
}

TEST_F(JobServiceActionsTest, RetriesTheJobsNamedAndSaysWhyNotOfTheOthers) {
  const Job cancelled = submitted(ann);
  (void)run_to_completion(service.cancel(ann, cancelled.id));
  const Job waiting = submitted(ann);
  const Job of_bob = submitted(bob);
  wake_ups = 0;
  JobActionOrder order;
  order.action = JobAction::retry;
  order.ids = {cancelled.id, waiting.id, of_bob.id, cancelled.id};
  const auto report = act(ann, order);
  EXPECT_EQ(report->matched, 2U);
  EXPECT_EQ(report->done, 1U);
  ASSERT_EQ(report->refused.size(), 2U);
  EXPECT_EQ(report->refused[0].error.reason, "not_finished");
  EXPECT_EQ(report->refused[1].id, of_bob.id);
  EXPECT_EQ(report->refused[1].error.code, ErrorCode::not_found);
  EXPECT_EQ(wake_ups, 1);
}

TEST_F(JobServiceActionsTest, ReachesOthersJobsForAdministratorsWhoSaySo) {
  (void)submitted(ann);
  (void)submitted(bob);
  JobActionOrder order = cancelling({});
  EXPECT_EQ(act(admin, order)->matched, 0U);
  order.everybody = true;
  EXPECT_EQ(act(ann, order).error().reason, "admin_only");
  order.of.user = bob.user_id;
  EXPECT_EQ(act(admin, order)->done, 1U);
  order.of.user.reset();
  EXPECT_EQ(act(admin, order)->done, 1U);
}

TEST_F(JobServiceActionsTest, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(act(ann, cancelling({JobStatus::completed})).error().fields.at(0).field, "filter.status");
  JobActionOrder order = cancelling({});
  for (const std::size_t limit : {std::size_t{0}, action_jobs_max + 1}) {
    order.limit = limit;
    EXPECT_EQ(act(ann, order).error().fields.at(0).field, "limit");
  }
  JobActionOrder many;
  many.ids.resize(action_ids_max + 1);
  EXPECT_EQ(act(ann, many).error().fields.at(0).field, "ids");
}

TEST_F(JobServiceTest, ListsAllJobsForAdministratorsOnly) {
  (void)submitted(ann);
  (void)submitted(bob);
  EXPECT_EQ(run_to_completion(service.list_all(admin, {}, {}, 100, std::nullopt))->jobs.size(), 2U);
  EXPECT_EQ(run_to_completion(service.count_all(admin))->pending, 2);
  EXPECT_TRUE(run_to_completion(service.list_own(admin, {}, 100, std::nullopt)).jobs.empty());
  const auto refused = run_to_completion(service.list_all(ann, {}, {}, 100, std::nullopt));
  EXPECT_EQ(refused.error().reason, "admin_only");
  EXPECT_EQ(run_to_completion(service.count_all(ann)).error().code, ErrorCode::forbidden);
}

TEST_F(JobServiceTest, PagesFromTheNewestToTheOldest) {
  for (int count = 0; count < 5; ++count) (void)submitted(ann, "mail " + std::to_string(count));
  const JobPage first = run_to_completion(service.list_own(ann, {}, 3, std::nullopt));
  ASSERT_EQ(first.jobs.size(), 3U);
  EXPECT_EQ(first.jobs[0].type, "mail 4");
  const JobPage second = run_to_completion(service.list_own(ann, {}, 3, first.next));
  ASSERT_EQ(second.jobs.size(), 2U);
  EXPECT_EQ(second.jobs[1].type, "mail 0");
  EXPECT_FALSE(second.next);
}

TEST_F(JobServiceTest, CancelsAWaitingJob) {
  const Job job = submitted(ann);
  EXPECT_EQ(run_to_completion(service.cancel(ann, job.id))->status, JobStatus::cancelled);
  EXPECT_EQ(changed.back().status, JobStatus::cancelled);
  ClaimRequest request{"worker", {{}, true}, 1, milliseconds{30'000}};
  EXPECT_TRUE(run_to_completion(store.claim(request, clock.now())).jobs.empty());
}

TEST_F(JobServiceTest, CancelsARunningJobAndTellsItsRunner) {
  const Job job = submitted(ann);
  const Job running = claimed();
  EXPECT_EQ(run_to_completion(service.cancel(ann, job.id))->status, JobStatus::cancelled);
  EXPECT_EQ(stopped, std::vector<JobId>{job.id});
  const std::vector<Settlement> late{
      {job.id, running.fence, SettlementKind::complete, "1", std::nullopt, std::nullopt}};
  EXPECT_EQ(run_to_completion(store.settle(late, clock.now())).at(0).status, SettleStatus::cancelled);
}

TEST_F(JobServiceTest, RefusesToCancelAFinishedJob) {
  const Job job = submitted(ann);
  (void)run_to_completion(service.cancel(ann, job.id));
  const auto again = run_to_completion(service.cancel(ann, job.id));
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(again.error().reason, "already_finished");
  EXPECT_EQ(stopped.size(), 1U);
}

TEST_F(JobServiceTest, RetriesAFailedJobByHand) {
  const Job job = submitted(ann);
  EXPECT_EQ(run_to_completion(service.retry(ann, job.id)).error().reason, "not_finished");
  const Job running = claimed();
  const std::vector<Settlement> failure{
      {job.id, running.fence, SettlementKind::fail, std::nullopt, "broken", std::nullopt}};
  (void)run_to_completion(store.settle(failure, clock.now()));
  const int before = wake_ups;
  const Job waiting = run_to_completion(service.retry(ann, job.id)).value();
  EXPECT_EQ(waiting.status, JobStatus::pending);
  EXPECT_EQ(waiting.retries, 0);
  EXPECT_FALSE(waiting.error);
  EXPECT_FALSE(waiting.completed_at);
  EXPECT_EQ(wake_ups, before + 1);
  EXPECT_EQ(claimed().id, job.id);
}

TEST_F(JobServiceTest, RefusesToRetryACompletedJob) {
  const Job job = submitted(ann);
  const Job running = claimed();
  const std::vector<Settlement> success{
      {job.id, running.fence, SettlementKind::complete, "1", std::nullopt, std::nullopt}};
  (void)run_to_completion(store.settle(success, clock.now()));
  EXPECT_EQ(run_to_completion(service.retry(ann, job.id)).error().reason, "already_completed");
}

}  // namespace
}  // namespace taskgate::jobs
