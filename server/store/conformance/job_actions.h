#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobActions : public JobSuite {
 protected:
  std::vector<ActedJob> act(JobAction action, std::vector<JobId> ids, JobFilter filter = {}, Scope scope = {}) {
    return run(store().act({action, scope, std::move(ids), std::move(filter)}, now));
  }
  // Of each job: "done", or the reason why not.
  static std::vector<std::string> outcomes(const std::vector<ActedJob>& acted) {
    std::vector<std::string> words;
    for (const auto& each : acted) words.push_back(each.job ? "done" : each.job.error().reason);
    return words;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobActions);

TEST_P(JobActions, CancelsWaitingAndRunningJobsAndRefusesEachOtherAlone) {
  const JobId done = submit().id;
  settle(completion(claim_one()));
  const JobId running = submit().id;
  const Job started = claim_one();
  const JobId delayed = submit_delayed(1h).id;
  const JobId waiting = submit().id;
  const auto acted = act(JobAction::cancel, {waiting, done, running, JobId{4}, delayed, waiting});
  EXPECT_THAT(outcomes(acted),
              ::testing::ElementsAre("done", "already_finished", "done", "not_found", "done", "already_finished"));
  EXPECT_EQ(acted.at(2).id, running);
  EXPECT_EQ(acted.at(2).job->status, JobStatus::cancelled);
  EXPECT_EQ(settle(completion(started)).status, SettleStatus::cancelled);
  now += 2h;
  EXPECT_TRUE(claim().jobs.empty());
  EXPECT_EQ(counts(), (JobCounts{0, 0, 1, 0, 3}));
  reopen();
  EXPECT_TRUE(claim().jobs.empty());
}

TEST_P(JobActions, RetriesWhatFailedOrWasCancelled) {
  const JobId failed = submit().id;
  settle(failure(claim_one()));
  const JobId cancelled = submit().id;
  cancel(cancelled);
  const JobId waiting = submit().id;
  EXPECT_THAT(outcomes(act(JobAction::retry, {failed, cancelled, waiting})),
              ::testing::ElementsAre("done", "done", "not_finished"));
  EXPECT_THAT(outcomes(act(JobAction::retry, {failed, cancelled})),
              ::testing::ElementsAre("not_finished", "not_finished"));
  reopen();
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(failed, cancelled, waiting));
}

TEST_P(JobActions, LeaveAloneWhatNoLongerMatches) {
  const JobId mail = submit(make_job("mail")).id;
  const JobId video = submit(make_job("video")).id;
  const JobId running = submit(make_job("mail")).id;
  (void)claim_of({{"mail"}, false});
  const JobFilter waiting_mails{JobStatus::pending, "mail"};
  EXPECT_THAT(outcomes(act(JobAction::cancel, {mail, video, running}, waiting_mails)),
              ::testing::ElementsAre("no_longer_matches", "no_longer_matches", "done"));
  EXPECT_EQ(get(mail).status, JobStatus::processing);
  EXPECT_EQ(get(video).status, JobStatus::pending);
}

TEST_P(JobActions, DoNotReachAnotherUsersJobs) {
  const JobId own = submit().id;
  const JobId bobs = submit(make_job_of(bob)).id;
  EXPECT_THAT(outcomes(act(JobAction::cancel, {own, bobs}, {}, {alice})), ::testing::ElementsAre("done", "not_found"));
  EXPECT_EQ(get(bobs).status, JobStatus::pending);
}

TEST_P(JobActions, TellThoseThatDependOnWhatEnded) {
  followed();
  const JobId first = submit().id;
  Job second = make_job();
  second.terms.depends_on = {first};
  const JobId dependent = submit_one(std::move(second)).job.id;
  act(JobAction::cancel, {first});
  EXPECT_EQ(get(dependent).status, JobStatus::failed);
  EXPECT_THAT(ids_of(followed()), ::testing::ElementsAre(dependent));
}

TEST_P(JobActions, TakeManyAtOnce) {
  std::vector<JobId> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(submit(make_job_of(i % 2 == 0 ? alice : bob)).id);
  const auto acted = act(JobAction::cancel, ids);
  EXPECT_TRUE(std::all_of(acted.begin(), acted.end(), [](const ActedJob& each) { return each.job.has_value(); }));
  for (const Scope& scope : {Scope{}, Scope{alice}, Scope{bob}}) EXPECT_EQ(run(store().counts(scope)), recount(scope));
  EXPECT_EQ(counts().cancelled, 300);
  EXPECT_TRUE(claim().jobs.empty());
}

}  // namespace taskgate::conformance
