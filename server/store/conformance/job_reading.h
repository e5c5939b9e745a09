#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

class JobReading : public JobSuite {
 protected:
  // One job of alice's in each status, oldest first in the order of the enumeration, and a pending one of bob's.
  void submit_one_of_each() {
    completed = submit(make_job("Make video")).id;
    settle(completion(claim_one()));
    failed = submit(make_job("mail")).id;
    settle(failure(claim_one(), "Mailbox 50%_full"));
    cancelled = submit(make_job("mail")).id;
    cancel(cancelled);
    processing = submit(make_job("mail")).id;
    claim_one();
    pending = submit(make_job("mail")).id;
    bobs = submit(make_job_of(bob, "mail")).id;
  }
  JobId pending, processing, completed, failed, cancelled, bobs;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobReading);

TEST_P(JobReading, ShowsAUserOnlyHisOwnJobs) {
  submit_one_of_each();
  EXPECT_TRUE(run(store().get({alice}, pending)).has_value());
  EXPECT_EQ(run(store().get({bob}, pending)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().get({bob}, JobId{3})).error().message, run(store().get({bob}, pending)).error().message);
  EXPECT_EQ(run(store().attempts({bob}, completed)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(run(store().attempts({alice}, pending)).value().empty());
  EXPECT_THAT(ids_of(run(store().list({bob}, {}, 10, std::nullopt)).jobs), ::testing::ElementsAre(bobs));
  EXPECT_EQ(run(store().list({alice}, {}, 10, std::nullopt)).jobs.size(), 5u);
  EXPECT_EQ(run(store().list({}, {}, 10, std::nullopt)).jobs.size(), 6u);
  for (const auto status : {JobStatus::completed, JobStatus::failed, JobStatus::cancelled, JobStatus::processing}) {
    EXPECT_TRUE(run(store().list({bob}, {status, {}, {}}, 10, std::nullopt)).jobs.empty());
  }
}

TEST_P(JobReading, FiltersByStatus) {
  submit_one_of_each();
  EXPECT_THAT(list({JobStatus::pending}), ::testing::ElementsAre(bobs, pending));
  EXPECT_THAT(list({JobStatus::processing, {}, {}}), ::testing::ElementsAre(processing));
  EXPECT_THAT(list({JobStatus::completed, {}, {}}), ::testing::ElementsAre(completed));
  EXPECT_THAT(list({JobStatus::failed, {}, {}}), ::testing::ElementsAre(failed));
  EXPECT_THAT(list({JobStatus::cancelled, {}, {}}), ::testing::ElementsAre(cancelled));
  EXPECT_THAT(ids_of(run(store().list({alice}, {JobStatus::failed, {}, {}}, 10, std::nullopt)).jobs),
              ::testing::ElementsAre(failed));
  EXPECT_THAT(ids_of(run(store().list({alice}, {JobStatus::pending}, 10, std::nullopt)).jobs),
              ::testing::ElementsAre(pending));
}

TEST_P(JobReading, FiltersByTypeAndByTextTakenLiterally) {
  submit_one_of_each();
  EXPECT_THAT(list({{}, "Make video", {}}), ::testing::ElementsAre(completed));
  EXPECT_TRUE(list({{}, "make video", {}}).empty());
  EXPECT_THAT(list({{}, {}, "VIDEO"}), ::testing::ElementsAre(completed));
  EXPECT_THAT(list({{}, {}, "50%_f"}), ::testing::ElementsAre(failed));
  EXPECT_TRUE(list({{}, {}, "5_%"}).empty());
  EXPECT_TRUE(list({{}, {}, "\\"}).empty());
  EXPECT_THAT(list({JobStatus::failed, "mail", "mailbox"}), ::testing::ElementsAre(failed));
}

TEST_P(JobReading, FiltersBySeveralStatusesInOneOrder) {
  submit_one_of_each();
  EXPECT_THAT(list({{JobStatus::failed, JobStatus::cancelled}}), ::testing::ElementsAre(cancelled, failed));
  EXPECT_THAT(list({{JobStatus::pending, JobStatus::failed, JobStatus::processing}}),
              ::testing::ElementsAre(bobs, pending, processing, failed));
  EXPECT_THAT(list({{JobStatus::completed, JobStatus::cancelled}}), ::testing::ElementsAre(cancelled, completed));
  EXPECT_TRUE(list({JobStatusSet::none()}).empty());
  const auto of_alice = run(store().list({alice}, {{JobStatus::pending, JobStatus::failed}}, 10, std::nullopt));
  EXPECT_THAT(ids_of(of_alice.jobs), ::testing::ElementsAre(pending, failed));
}

TEST_P(JobReading, PagesThroughSeveralStatuses) {
  std::vector<JobId> wanted;
  for (int i = 0; i < 12; ++i) {
    const JobId id = submit().id;
    if (i % 3 == 0) settle(failure(claim_one()));
    if (i % 3 == 1) cancel(id);
    if (i % 3 == 2) settle(completion(claim_one()));
    if (i % 3 != 2) wanted.push_back(id);
  }
  wanted.push_back(submit().id);
  std::reverse(wanted.begin(), wanted.end());
  const JobFilter filter{{JobStatus::pending, JobStatus::failed, JobStatus::cancelled}};
  for (const Scope& scope : {Scope{}, Scope{alice}}) {
    std::vector<JobId> seen;
    std::optional<JobId> before;
    do {
      const JobPage page = run(store().list(scope, filter, 2, before));
      for (const JobId id : ids_of(page.jobs)) seen.push_back(id);
      before = page.next;
    } while (before);
    EXPECT_EQ(seen, wanted);
  }
}

TEST_P(JobReading, FiltersByTagAndQueueAndTextInTags) {
  Job job = make_job("report");
  job.tags = {"a", "b\"quoted\"", "Süd 50%"};
  job.queue = "slow";
  const JobId tagged = submit(std::move(job)).id;
  Job other = make_job("report");
  other.tags = {"ab"};
  const JobId other_tagged = submit(std::move(other)).id;
  const JobId plain = submit(make_job("report")).id;
  const auto by_tag = [this](std::string tag) {
    JobFilter filter;
    filter.tag = std::move(tag);
    return list(std::move(filter));
  };
  EXPECT_THAT(by_tag("a"), ::testing::ElementsAre(tagged));
  EXPECT_THAT(by_tag("b\"quoted\""), ::testing::ElementsAre(tagged));
  EXPECT_THAT(by_tag("Süd 50%"), ::testing::ElementsAre(tagged));
  EXPECT_THAT(by_tag("ab"), ::testing::ElementsAre(other_tagged));
  for (const char* none : {",", "\",\"", "A", "süd", ""}) EXPECT_TRUE(by_tag(none).empty()) << none;

  JobFilter filter;
  filter.queue = "slow";
  EXPECT_THAT(list(filter), ::testing::ElementsAre(tagged));
  filter.queue = "default";
  EXPECT_THAT(list(filter), ::testing::ElementsAre(plain, other_tagged));

  EXPECT_THAT(list({{}, {}, "QUOTED\""}), ::testing::ElementsAre(tagged));
  EXPECT_THAT(list({{}, {}, "d 50%"}), ::testing::ElementsAre(tagged));
  EXPECT_THAT(list({{}, {}, "AB"}), ::testing::ElementsAre(other_tagged));
  EXPECT_TRUE(list({{}, {}, "\",\""}).empty());
}

TEST_P(JobReading, FiltersByTheTimeOfCreation) {
  const JobId first = submit().id;
  const Time start = now;
  now += 1s;
  const JobId second = submit().id;
  now += 1s;
  const JobId third = submit().id;
  const auto between = [this](std::optional<Time> from, std::optional<Time> before) {
    JobFilter filter;
    filter.created_from = from;
    filter.created_before = before;
    return list(std::move(filter));
  };
  EXPECT_THAT(between(start + 1s, std::nullopt), ::testing::ElementsAre(third, second));
  EXPECT_THAT(between(std::nullopt, start + 1s), ::testing::ElementsAre(first));
  EXPECT_THAT(between(start + 1s, start + 2s), ::testing::ElementsAre(second));
  EXPECT_THAT(between(start + 1ms, start + 1s), ::testing::IsEmpty());
  EXPECT_THAT(between(start + 2s, start), ::testing::IsEmpty());
}

TEST_P(JobReading, NamesTheIdsOfAList) {
  submit_one_of_each();
  const JobFilter filter{{JobStatus::pending, JobStatus::failed}};
  const auto first = run(store().list_ids({}, filter, 2, std::nullopt));
  EXPECT_THAT(first.ids, ::testing::ElementsAre(bobs, pending));
  ASSERT_TRUE(first.next);
  const auto second = run(store().list_ids({}, filter, 2, first.next));
  EXPECT_THAT(second.ids, ::testing::ElementsAre(failed));
  EXPECT_FALSE(second.next);
  EXPECT_THAT(run(store().list_ids({bob}, {}, 9, std::nullopt)).ids, ::testing::ElementsAre(bobs));
}

TEST_P(JobReading, EndsAPageOfLargeJobsEarly) {
  constexpr std::size_t large = page_bytes_max / 4;
  std::vector<JobId> submitted;
  for (int i = 0; i < 6; ++i) {
    Job job = make_job();
    job.data = "\"" + std::string(large, 'x') + "\"";
    submitted.push_back(submit(std::move(job)).id);
  }
  std::reverse(submitted.begin(), submitted.end());
  const JobPage first = run(store().list({alice}, {JobStatus::pending}, 100, std::nullopt));
  EXPECT_EQ(first.jobs.size(), 4u);
  ASSERT_TRUE(first.next);
  const JobPage second = run(store().list({alice}, {JobStatus::pending}, 100, first.next));
  EXPECT_FALSE(second.next);
  auto seen = ids_of(first.jobs);
  for (const JobId id : ids_of(second.jobs)) seen.push_back(id);
  EXPECT_EQ(seen, submitted);
}

TEST_P(JobReading, PagesWithoutGapsOrRepetitions) {
  std::vector<JobId> submitted;
  for (int i = 0; i < 25; ++i) submitted.push_back(submit(make_job_of(i % 5 == 0 ? bob : alice)).id);
  std::vector<JobId> seen;
  std::optional<JobId> before;
  int pages = 0;
  do {
    const JobPage page = run(store().list({}, {}, 10, before));
    for (const Job& job : page.jobs) seen.push_back(job.id);
    before = page.next;
    ++pages;
    // What is added meanwhile is newer, so it does not disturb the pages that follow.
    submit();
  } while (before);
  std::reverse(seen.begin(), seen.end());
  EXPECT_EQ(seen, submitted);
  EXPECT_EQ(pages, 3);
}

TEST_P(JobReading, SaysThatAFullPageIsTheLastWhenItIs) {
  for (int i = 0; i < 4; ++i) submit();
  EXPECT_EQ(run(store().list({}, {}, 4, std::nullopt)).next, std::nullopt);
  const JobPage first = run(store().list({}, {JobStatus::pending}, 2, std::nullopt));
  ASSERT_TRUE(first.next.has_value());
  const JobPage second = run(store().list({}, {JobStatus::pending}, 2, first.next));
  EXPECT_EQ(second.jobs.size(), 2u);
  EXPECT_EQ(second.next, std::nullopt);
}

TEST_P(JobReading, RemembersTheTypesOfEachUser) {
  EXPECT_TRUE(run(store().types({alice})).empty());
  submit_one_of_each();
  submit_one(make_job("mail"));
  submit_one(make_job_of(bob, "Über"));
  reopen();
  EXPECT_THAT(run(store().types({alice})), ::testing::ElementsAre("Make video", "mail"));
  EXPECT_THAT(run(store().types({bob})), ::testing::ElementsAre("mail", "Über"));
  EXPECT_THAT(run(store().types({})), ::testing::ElementsAre("Make video", "mail", "Über"));
}

TEST_P(JobReading, CountsLikeARecount) {
  submit_one_of_each();
  submit_delayed(1h);
  submit();
  settle(another_try(claim_one(), 1h));
  for (const Scope& scope : {Scope{}, Scope{alice}, Scope{bob}, Scope{UserId{}}}) {
    EXPECT_EQ(run(store().counts(scope)), recount(scope));
  }
  reopen();
  now += lease + 1ms;
  run(store().reclaim_expired(0, now));
  run(store().retry({}, failed, now));
  for (const Scope& scope : {Scope{}, Scope{alice}, Scope{bob}}) EXPECT_EQ(run(store().counts(scope)), recount(scope));
  EXPECT_EQ(counts().failed, 1);
}

class JobRestart : public JobSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobRestart);

TEST_P(JobRestart, LosesNothingAndKeepsTheOrder) {
  const JobId low = submit(make_job("mail", 0)).id;
  const JobId high = submit(make_job("mail", 9)).id;
  const JobId low_too = submit(make_job("mail", 0)).id;
  const JobId delayed = submit_delayed(10s).id;
  submit(make_job("mail", 100));
  const Job running = claim_one();
  submit(make_job("mail", 100));
  const Job done = claim_one();
  settle(completion(done));
  reopen();
  EXPECT_THAT(ids_of(claim(9).jobs), ::testing::ElementsAre(high, low, low_too));
  EXPECT_EQ(claim().next_due, now + 10s);
  EXPECT_EQ(get(running.id).status, JobStatus::processing);
  EXPECT_EQ(get(done.id).status, JobStatus::completed);
  EXPECT_EQ(settle(completion(running)).status, SettleStatus::ok);
  EXPECT_EQ(settle(completion(done)).status, SettleStatus::already_settled);
  now += 10s;
  EXPECT_EQ(claim_one().id, delayed);
}

}  // namespace taskgate::conformance
