#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobRetention : public JobSuite {
 protected:
  Job completed(const Job& wanted) {
    const Job job = submit(wanted);
    Job running = claim_of({{job.type}, false}).jobs.at(0);
    settle(completion(running));
    return get(job.id);
  }
  Job completed() { return completed(make_job("done")); }
  Job failed() {
    submit(make_job("wrong"));
    const Job running = claim_of({{"wrong"}, false}).jobs.at(0);
    settle(failure(running));
    return get(running.id);
  }
  bool exists(JobId id) { return run(store().get({}, id)).has_value(); }
  // A whole round. The number removed.
  std::size_t prune(const Retention& retention, std::size_t limit = 100) {
    std::size_t removed = 0;
    std::optional<PrunePlace> place = PrunePlace{};
    while (place) {
      const PruneStep step = run(store().prune(retention, *place, limit, now));
      EXPECT_LE(step.removed, limit);
      removed += step.removed;
      place = step.next;
    }
    EXPECT_EQ(counts(), recount({}));
    return removed;
  }
  std::size_t prune() { return prune(Retention{}); }

  static Retention only(std::optional<std::int64_t> finished_max,
                        std::optional<std::int64_t> finished_per_user_max = std::nullopt) {
    return {std::nullopt, std::nullopt, finished_max, finished_per_user_max};
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobRetention);

TEST_P(JobRetention, RemovesCompletedJobsAfterTheirDaysAndFailedOnesLater) {
  const JobId done = completed().id;
  const JobId wrong = failed().id;
  const JobId stopped = submit().id;
  cancel(stopped);
  now += 7 * 24h - 1ms;
  EXPECT_EQ(prune(), 0u);
  now += 1ms;
  EXPECT_EQ(prune(), 1u);
  EXPECT_FALSE(exists(done));
  EXPECT_EQ(run(store().attempts({}, done)).error().code, ErrorCode::not_found);
  EXPECT_EQ(counts(), (JobCounts{0, 0, 0, 1, 1}));
  now += 23 * 24h;
  EXPECT_EQ(prune(), 2u);
  EXPECT_FALSE(exists(wrong));
  EXPECT_FALSE(exists(stopped));
  EXPECT_EQ(counts(), JobCounts{});
  EXPECT_EQ(run(store().counts({alice})), JobCounts{});
}

TEST_P(JobRetention, CountsFromTheEndOfTheJobAndNotFromItsSubmission) {
  const JobId late = submit().id;
  now += 8 * 24h;
  settle(completion(claim_one()));
  EXPECT_EQ(prune(), 0u);
  now += 7 * 24h;
  EXPECT_EQ(prune(), 1u);
  EXPECT_FALSE(exists(late));
}

TEST_P(JobRetention, NeverTouchesAJobThatHasNotFinished) {
  const JobId waiting = submit().id;
  const JobId delayed = submit_delayed(1'000h).id;
  const Job running = claim_one();
  const JobId other = submit().id;
  now += 900 * 24h;
  Retention strict;
  strict.completed = 0ms;
  strict.failed = 0ms;
  strict.finished_max = 0;
  strict.finished_per_user_max = 0;
  EXPECT_EQ(prune(strict), 0u);
  for (const JobId id : {waiting, delayed, running.id, other}) EXPECT_TRUE(exists(id));
  EXPECT_EQ(settle(completion(running)).status, SettleStatus::ok);
}

TEST_P(JobRetention, LeavesOutWhatWasRetriedByHand) {
  const JobId wrong = failed().id;
  now += 31 * 24h;
  ASSERT_TRUE(run(store().retry({}, wrong, now)).has_value());
  EXPECT_EQ(prune(), 0u);
  EXPECT_EQ(claim_one().id, wrong);
}

TEST_P(JobRetention, WorksInSmallSteps) {
  for (int i = 0; i < 25; ++i) completed();
  now += 8 * 24h;
  const PruneStep first = run(store().prune({}, {}, 10, now));
  EXPECT_EQ(first.removed, 10u);
  ASSERT_TRUE(first.next.has_value());
  EXPECT_EQ(counts().completed, 15);
  const PruneStep second = run(store().prune({}, *first.next, 10, now));
  EXPECT_EQ(second.removed, 10u);
  EXPECT_EQ(prune({}, 10), 5u);
  EXPECT_EQ(prune(), 0u);
}

TEST_P(JobRetention, KeepsWhatAWaitingJobDependsOn) {
  const JobId done = completed().id;
  Job last = make_job("after");
  const JobId wanted = submit(make_job("slow")).id;
  last.terms.depends_on = {done, wanted};
  ASSERT_EQ(submit_one(last).status, SubmitStatus::created);
  now += 8 * 24h;
  EXPECT_EQ(prune(), 0u);
  reopen();
  EXPECT_EQ(prune(), 0u);
  EXPECT_EQ(prune(only(0)), 0u);
  settle(completion(claim_of({{"slow"}, false}).jobs.at(0)));
  EXPECT_EQ(prune(), 1u);
  EXPECT_FALSE(exists(done));
  EXPECT_EQ(claim_of({{"after"}, false}).jobs.at(0).id, last.id);
}

TEST_P(JobRetention, OfADependencyThatFailedHoldsWhileTheOtherWaits) {
  const JobId wrong = failed().id;
  Job last = make_job("after");
  last.terms.depends_on = {wrong};
  last.terms.on_dependency_failure = OnDependencyFailure::wait;
  submit_one(last);
  now += 40 * 24h;
  EXPECT_EQ(prune(), 0u);
  ASSERT_TRUE(run(store().retry({}, wrong, now)).has_value());
}

TEST_P(JobRetention, OfADependencyDoesNotLetAJobStartThatNeverDid) {
  const JobId wrong = failed().id;
  Job last = make_job("after");
  last.terms.depends_on = {wrong};
  now += 1h;
  ASSERT_EQ(submit_one(last).job.status, JobStatus::failed);
  now += 30 * 24h - 1h;
  EXPECT_EQ(prune(), 1u);
  const auto retried = run(store().retry({}, last.id, now));
  ASSERT_FALSE(retried.has_value());
  EXPECT_EQ(retried.error().reason, "dependency_failed");
  EXPECT_EQ(get(last.id).status, JobStatus::failed);
}

TEST_P(JobRetention, OfADependencyLetsAJobBeRetriedThatHadStarted) {
  const JobId done = completed().id;
  Job last = make_job("after");
  last.terms.depends_on = {done};
  submit_one(last);
  settle(failure(claim_of({{"after"}, false}).jobs.at(0)));
  now += 8 * 24h;
  EXPECT_EQ(prune(), 1u);
  ASSERT_TRUE(run(store().retry({}, last.id, now)).has_value());
  EXPECT_EQ(claim_of({{"after"}, false}).jobs.at(0).id, last.id);
}

TEST_P(JobRetention, KeepsAJobWhileTheWindowOfItsUniqueKeyRuns) {
  Job job = make_job("once");
  job.terms.unique_key = "report";
  job.terms.unique_for = UniqueFor::window;
  job.terms.unique_until = now + 10 * 24h;
  submit_one(job);
  settle(completion(claim_of({{"once"}, false}).jobs.at(0)));
  Job again = job;
  again.id = make_job().id;
  now += 8 * 24h;
  EXPECT_EQ(prune(), 0u);
  EXPECT_EQ(submit_one(again).job.id, job.id);
  now += 2 * 24h;
  EXPECT_EQ(prune(), 1u);
  again.terms.unique_until = now + 1h;
  EXPECT_EQ(submit_one(again).status, SubmitStatus::created);
}

TEST_P(JobRetention, ByNumberKeepsTheNewestOfAll) {
  std::vector<JobId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(completed().id);
  ids.push_back(failed().id);
  const JobId waiting = submit().id;
  EXPECT_EQ(prune(only(2)), 0u) << "what has just finished can still be read";
  now += 1min;
  EXPECT_EQ(prune(only(2)), 3u);
  EXPECT_FALSE(exists(ids[0]));
  EXPECT_FALSE(exists(ids[2]));
  EXPECT_TRUE(exists(ids[3]));
  EXPECT_TRUE(exists(ids[4]));
  EXPECT_TRUE(exists(waiting));
  EXPECT_EQ(prune(only(2)), 0u);
}

TEST_P(JobRetention, ByNumberCountsEachUserAlone) {
  std::vector<JobId> of_alice;
  for (int i = 0; i < 5; ++i) of_alice.push_back(completed().id);
  const JobId of_bob = completed(make_job_of(bob, "done")).id;
  now += 1min;
  EXPECT_EQ(prune(only(std::nullopt, 2), 2), 3u);
  EXPECT_FALSE(exists(of_alice[2]));
  EXPECT_TRUE(exists(of_alice[3]));
  EXPECT_TRUE(exists(of_bob));
  EXPECT_EQ(run(store().counts({alice})).completed, 2);
  EXPECT_EQ(prune(only(std::nullopt, 0), 1), 3u);
  EXPECT_EQ(counts(), JobCounts{});
}

TEST_P(JobRetention, AnswersALateSettlementAsStale) {
  Job job = submit();
  const Job running = claim_one();
  cancel(job.id);
  now += 31 * 24h;
  EXPECT_EQ(prune(), 1u);
  EXPECT_EQ(settle(completion(running)).status, SettleStatus::stale_lease);
  EXPECT_FALSE(beat({running.id, running.fence, 30s, std::nullopt, std::nullopt}).has_value());
}

}  // namespace taskgate::conformance
