#pragma once

#include <set>

#include "store/conformance/job_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

class JobClaims : public JobSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobClaims);

TEST_P(JobClaims, TakeTheHighestPriorityFirstAndAmongEqualsTheOldest) {
  const JobId a = submit(make_job("mail", 0)).id;
  const JobId b = submit(make_job("mail", 10)).id;
  const JobId c = submit(make_job("mail", 0)).id;
  const JobId d = submit(make_job("mail", 0.5)).id;
  const JobId e = submit(make_job("mail", -1)).id;
  const JobId f = submit(make_job("mail", 10)).id;
  EXPECT_THAT(ids_of(claim(3).jobs), ::testing::ElementsAre(b, f, d));
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(a, c, e));
}

TEST_P(JobClaims, LetUsersTakeTurns) {
  std::vector<JobId> alices;
  for (int i = 0; i < 4; ++i) alices.push_back(submit().id);
  const JobId bobs = submit(make_job_of(bob)).id;
  const auto order = ids_of(claim(3).jobs);
  EXPECT_THAT(order, ::testing::Contains(bobs));
  EXPECT_EQ(order[0], alices[0]);
}

TEST_P(JobClaims, TakeOneUsersJobsOnly) {
  const JobId theirs = submit(make_job_of(bob, "mail", 5)).id;
  const JobId low = submit(make_job("mail", 1)).id;
  const JobId high = submit(make_job("video", 2)).id;
  const auto claim_within = [this](const Scope& scope, TypeSelection types) {
    ClaimRequest request{"worker-1", std::move(types), 9, lease, scope};
    return ids_of(run(store().claim(std::move(request), now)).jobs);
  };
  EXPECT_THAT(claim_within({alice}, {{"fax"}, false}), ::testing::IsEmpty());
  EXPECT_THAT(claim_within({alice}, {{"mail"}, true}), ::testing::ElementsAre(high));
  EXPECT_THAT(claim_within({alice}, {{"mail", "video"}, false}), ::testing::ElementsAre(low));
  EXPECT_THAT(claim_within({alice}, {{}, true}), ::testing::IsEmpty());
  EXPECT_THAT(claim_within({}, {{}, true}), ::testing::ElementsAre(theirs));
}

TEST_P(JobClaims, EndOnceTheyCarryManyBytesAndLeaveTheRestUntouched) {
  constexpr std::size_t data_bytes = std::size_t{256} * 1024;
  constexpr std::size_t fitting = claim_bytes_max / data_bytes;
  std::vector<JobId> all;
  for (std::size_t count = 0; count < fitting + 2; ++count) {
    Job job = make_job();
    job.data = "\"" + std::string(data_bytes - 2, 'x') + "\"";
    all.push_back(submit(std::move(job)).id);
  }
  const Claim first = claim(1'000);
  EXPECT_EQ(first.jobs.size(), fitting);
  EXPECT_EQ(first.next_due, now) << "there is more to have at once";
  const Job left = get(all.back());
  EXPECT_EQ(left.status, JobStatus::pending);
  EXPECT_EQ(left.attempts, 0);
  EXPECT_EQ(left.fence, 0);
  const Claim second = claim(1'000);
  EXPECT_THAT(ids_of(second.jobs), ::testing::ElementsAre(all[fitting], all[fitting + 1]));
  EXPECT_EQ(second.next_due, std::nullopt);
}

TEST_P(JobClaims, MarkTheJobAndGiveItALease) {
  const JobId id = submit().id;
  now += 5s;
  const Job job = claim(1, "printer-7").jobs.at(0);
  EXPECT_EQ(job.id, id);
  EXPECT_EQ(job.status, JobStatus::processing);
  EXPECT_EQ(job.attempts, 1);
  EXPECT_EQ(job.fence, 1);
  EXPECT_EQ(job.worker, "printer-7");
  EXPECT_EQ(job.started_at, now);
  EXPECT_EQ(job.updated_at, now);
  EXPECT_EQ(job.lease_expires_at, now + lease);
  EXPECT_EQ(job.revision, 1);
  const Job kept = get(id);
  EXPECT_EQ(kept.status, JobStatus::processing);
  EXPECT_EQ(kept.worker, "printer-7");
  EXPECT_EQ(kept.lease_expires_at, job.lease_expires_at);
  EXPECT_TRUE(claim().jobs.empty());
}

TEST_P(JobClaims, TakeOnlyTheTypesAskedFor) {
  const JobId mail = submit(make_job("mail")).id;
  const JobId video = submit(make_job("video")).id;
  EXPECT_TRUE(claim_of({{}, false}, 9).jobs.empty());
  EXPECT_TRUE(claim_of({{"fax"}, false}, 9).jobs.empty());
  EXPECT_TRUE(claim_of({{"video", "mail"}, true}, 9).jobs.empty());
  EXPECT_THAT(ids_of(claim_of({{"mail"}, true}, 9).jobs), ::testing::ElementsAre(video));
  EXPECT_THAT(ids_of(claim_of({{"mail", "fax"}, false}, 9).jobs), ::testing::ElementsAre(mail));
}

TEST_P(JobClaims, TellWhenTheNextJobOfTheSelectionIsDue) {
  Job soon = make_job("video");
  soon.run_at = now + 5s;
  submit(soon);
  Job later = make_job("mail");
  later.run_at = now + 9s;
  submit(later);
  EXPECT_EQ(claim().next_due, now + 5s);
  EXPECT_EQ(claim_of({{"mail"}, false}).next_due, now + 9s);
  EXPECT_EQ(claim_of({{"video"}, true}).next_due, now + 9s);
  EXPECT_EQ(claim_of({{"fax"}, false}).next_due, std::nullopt);
  now += 9s;
  const Claim both = claim(3);
  EXPECT_EQ(both.jobs.size(), 2u);
  EXPECT_EQ(both.next_due, std::nullopt);
}

TEST_P(JobClaims, KeepThePriorityOfAJobThatWasDelayed) {
  Job urgent = make_job("mail", 5);
  urgent.run_at = now + 1s;
  submit(urgent);
  const JobId plain = submit().id;
  now += 1s;
  EXPECT_THAT(ids_of(claim(2).jobs), ::testing::ElementsAre(urgent.id, plain));
}

TEST_P(JobClaims, GiveNoJobToTwoWorkers) {
  constexpr std::size_t jobs_total = 200;
  std::vector<Job> many;
  for (std::size_t i = 0; i < jobs_total; ++i) many.push_back(make_job_of(i % 2 == 0 ? alice : bob));
  run(store().submit(std::move(many), now));
  std::vector<Awaitable<Claim>> claims;
  for (std::size_t i = 0; i < jobs_total; ++i) {
    ClaimRequest request;
    request.worker = "worker-" + std::to_string(i);
    request.types.all_but = true;
    request.max = 2;
    claims.push_back(store().claim(std::move(request), now));
  }
  std::set<JobId> taken;
  std::size_t total = 0;
  for (const Claim& each : run_in_parallel(std::move(claims))) {
    for (const Job& job : each.jobs) taken.insert(job.id);
    total += each.jobs.size();
  }
  EXPECT_EQ(taken.size(), jobs_total);
  EXPECT_EQ(total, jobs_total);
}

}  // namespace taskgate::conformance
