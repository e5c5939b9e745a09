#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobUniqueKeys : public JobSuite {
 protected:
  Job keyed(std::string key = "nightly", UniqueFor hold = UniqueFor::live) {
    Job job = make_job();
    job.terms.unique_key = std::move(key);
    job.terms.unique_for = hold;
    return job;
  }
  Job keyed_for(std::chrono::milliseconds window) {
    Job job = keyed("nightly", UniqueFor::window);
    job.terms.unique_until = now + window;
    return job;
  }
  // Whether a further job with the key would be refused.
  bool is_held(Job by) { return submit_one(std::move(by), UniquePolicy::reject).status == SubmitStatus::refused; }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobUniqueKeys);

TEST_P(JobUniqueKeys, GiveTheHolderInsteadOfASecondJob) {
  const Submitted first = submit_one(keyed());
  EXPECT_EQ(first.status, SubmitStatus::created);
  const Submitted second = submit_one(keyed());
  EXPECT_EQ(second.status, SubmitStatus::existing);
  EXPECT_EQ(second.job.id, first.job.id);
  EXPECT_EQ(counts().pending, 1);
}

TEST_P(JobUniqueKeys, RefuseASecondJobThatAsksForIt) {
  const JobId holder = submit_one(keyed()).job.id;
  const Submitted refused = submit_one(keyed(), UniquePolicy::reject);
  ASSERT_EQ(refused.status, SubmitStatus::refused);
  EXPECT_EQ(refused.refusal->code, ErrorCode::conflict);
  EXPECT_EQ(refused.refusal->reason, "unique_key_taken");
  EXPECT_THAT(refused.refusal->message, ::testing::HasSubstr(to_string(holder)));
  EXPECT_EQ(counts().pending, 1);
}

TEST_P(JobUniqueKeys, LetASecondJobTakeTheFirstOnesPlace) {
  auto& told = followed();
  const JobId waiting = submit_one(keyed()).job.id;
  const Job running = submit_one(keyed(), UniquePolicy::replace).job;
  EXPECT_EQ(get(waiting).status, JobStatus::cancelled);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, waiting);
  const Job held = claim_one();
  EXPECT_EQ(held.id, running.id);
  const JobId last = submit_one(keyed(), UniquePolicy::replace).job.id;
  EXPECT_EQ(get(running.id).status, JobStatus::cancelled);
  EXPECT_EQ(settle(completion(held)).status, SettleStatus::cancelled);
  EXPECT_EQ(claim_one().id, last);
  EXPECT_TRUE(is_held(keyed()));
}

TEST_P(JobUniqueKeys, AreEachUsersOwnAndEachByItself) {
  submit_one(keyed());
  Job of_bob = make_job_of(bob);
  of_bob.terms.unique_key = "nightly";
  EXPECT_EQ(submit_one(of_bob).status, SubmitStatus::created);
  EXPECT_EQ(submit_one(keyed("weekly")).status, SubmitStatus::created);
}

TEST_P(JobUniqueKeys, AreHeldWhileTheJobIsLiveAndNoLonger) {
  submit_one(keyed());
  const Job job = claim_one();
  EXPECT_TRUE(is_held(keyed()));
  settle(another_try(job, 5s));
  EXPECT_TRUE(is_held(keyed()));
  reopen();
  EXPECT_TRUE(is_held(keyed()));
  now += 5s;
  settle(completion(claim_one()));
  EXPECT_FALSE(is_held(keyed()));
  cancel(claim_one().id);
  EXPECT_FALSE(is_held(keyed()));
  settle(failure(claim_one()));
  EXPECT_FALSE(is_held(keyed()));
}

TEST_P(JobUniqueKeys, CanBeHeldOnlyWhileTheJobWaits) {
  submit_one(keyed("nightly", UniqueFor::pending));
  EXPECT_TRUE(is_held(keyed("nightly", UniqueFor::pending)));
  const Job running = claim_one();
  EXPECT_FALSE(is_held(keyed("nightly", UniqueFor::pending)));
  EXPECT_EQ(get(running.id).status, JobStatus::processing);
}

TEST_P(JobUniqueKeys, CanBeHeldForAWindowWhateverBecomesOfTheJob) {
  const JobId id = submit_one(keyed_for(1h)).job.id;
  settle(completion(claim_one()));
  now += 1h - 1ms;
  const Submitted again = submit_one(keyed_for(1h));
  EXPECT_EQ(again.status, SubmitStatus::existing);
  EXPECT_EQ(again.job.id, id);
  EXPECT_EQ(again.job.status, JobStatus::completed);
  now += 1ms;
  EXPECT_EQ(submit_one(keyed_for(1h)).status, SubmitStatus::created);
}

TEST_P(JobUniqueKeys, AreTakenAgainByARetryByHandUnlessAnotherHasThemByNow) {
  const JobId id = submit_one(keyed()).job.id;
  cancel(id);
  const JobId other = submit_one(keyed()).job.id;
  const auto refused = run(store().retry({}, id, now));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, "unique_key_taken");
  cancel(other);
  ASSERT_TRUE(run(store().retry({}, id, now)).has_value());
  EXPECT_TRUE(is_held(keyed()));
  EXPECT_EQ(run(store().retry({}, other, now)).error().reason, "unique_key_taken");
}

TEST_P(JobUniqueKeys, HoldWithinOneBatch) {
  SubmitRequest request;
  for (int i = 0; i < 3; ++i) request.submissions.push_back({keyed(), UniquePolicy::return_existing});
  request.submissions.push_back({make_job(), UniquePolicy::return_existing});
  const auto answer = submit_all(std::move(request));
  ASSERT_EQ(answer.jobs.size(), 4u);
  EXPECT_EQ(answer.jobs[0].status, SubmitStatus::created);
  EXPECT_EQ(answer.jobs[1].status, SubmitStatus::existing);
  EXPECT_EQ(answer.jobs[2].job.id, answer.jobs[0].job.id);
  EXPECT_EQ(answer.jobs[3].status, SubmitStatus::created);
  EXPECT_EQ(counts().pending, 2);
}

class JobIdempotency : public JobSuite {
 protected:
  SubmitRequest request(std::string key, std::uint8_t digest = 1) {
    SubmitRequest asked;
    asked.submissions.push_back({make_job(), UniquePolicy::return_existing});
    asked.idempotency.emplace();
    asked.idempotency->user = alice;
    asked.idempotency->key = std::move(key);
    asked.idempotency->request[0] = digest;
    asked.idempotency->expires_at = now + 24h;
    asked.idempotency->write_answer = [](const std::vector<Submitted>& jobs) {
      return "job " + to_string(jobs.at(0).job.id);
    };
    return asked;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobIdempotency);

TEST_P(JobIdempotency, AnswersARepetitionAsTheFirstRequest) {
  const auto first = submit_all(request("k"));
  EXPECT_EQ(first.repeated, std::nullopt);
  reopen();
  now += 24h - 1ms;
  const auto second = submit_all(request("k"));
  EXPECT_EQ(second.repeated, "job " + to_string(first.jobs.at(0).job.id));
  EXPECT_TRUE(second.jobs.empty());
  EXPECT_EQ(counts().pending, 1);
}

TEST_P(JobIdempotency, RefusesAnotherRequestWithTheSameKey) {
  submit_all(request("k"));
  const auto refused = run(store().submit_all(request("k", 2), now));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().reason, "idempotency_mismatch");
  EXPECT_EQ(counts().pending, 1);
}

TEST_P(JobIdempotency, IsEachUsersOwnAndEndsAfterItsTime) {
  submit_all(request("k"));
  SubmitRequest of_bob = request("k", 2);
  of_bob.idempotency->user = bob;
  EXPECT_EQ(submit_all(std::move(of_bob)).jobs.size(), 1u);
  EXPECT_EQ(submit_all(request("l", 2)).jobs.size(), 1u);
  now += 24h;
  EXPECT_EQ(submit_all(request("k", 2)).jobs.size(), 1u);
  EXPECT_TRUE(submit_all(request("k", 2)).repeated);
}

TEST_P(JobIdempotency, KeepsNoAnswerWhenNothingWasAccepted) {
  SubmitRequest refused = request("k");
  refused.submissions[0].job.terms.depends_on = {JobId{7}};
  EXPECT_EQ(submit_all(std::move(refused)).jobs.at(0).status, SubmitStatus::refused);
  EXPECT_EQ(submit_all(request("k")).jobs.at(0).status, SubmitStatus::created);
}

}  // namespace taskgate::conformance
