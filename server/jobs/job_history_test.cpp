#include "jobs/job_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using Kind = JobEventKind;

class JobHistory : public ::testing::Test {
 protected:
  JobHistory() {
    ann.bytes[0] = 1;
    root.bytes[0] = 2;
  }
  JobId submit(std::function<void(Job&)> adjust = {}) {
    Job job;
    job.id = ids.next_job_id(now);
    job.user_id = ann;
    job.type = "mail";
    job.created_at = job.updated_at = now;
    if (adjust) adjust(job);
    std::vector<Submission> all;
    all.push_back({job, UniquePolicy::return_existing});
    SubmitRequest request{std::move(all), std::nullopt};
    (void)run_to_completion(store.submit_all(std::move(request), now));
    return job.id;
  }
  Job claim(std::string worker = "w") {
    ClaimRequest request{std::move(worker), {{}, true}, 1, seconds{30}};
    return run_to_completion(store.claim(std::move(request), now)).jobs.at(0);
  }
  void settle(const Job& job, SettlementKind kind, std::optional<std::string> error = {}, std::optional<Time> at = {}) {
    std::vector<Settlement> one;
    one.push_back({job.id, job.fence, kind, std::nullopt, std::move(error), at});
    ASSERT_EQ(run_to_completion(store.settle(std::move(one), now)).at(0).status, SettleStatus::ok);
  }
  void crash() {
    now += seconds{31};
    (void)run_to_completion(store.reclaim_expired(0, now));
  }
  std::vector<JobEvent> history(JobId id) { return history_of(run_to_completion(store.record({}, id)).value()); }
  std::vector<Kind> kinds(JobId id) {
    std::vector<Kind> all;
    for (const JobEvent& event : history(id)) all.push_back(event.kind);
    return all;
  }
  Scope by(const UserId& user) const { return {std::nullopt, user}; }

  Time now{milliseconds{1'767'225'600'000}};
  IdGenerator ids;
  UserId ann, root;
  MemoryJobStore store;
};

TEST_F(JobHistory, TellsOfRetriesUntilTheEnd) {
  const JobId id = submit();
  now += seconds{1};
  const Job first = claim("one");
  settle(first, SettlementKind::retry, "no answer", now + seconds{5});
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::retry_scheduled));
  EXPECT_EQ(history(id).back().run_at, now + seconds{5});
  EXPECT_EQ(history(id).back().error, "no answer");
  now += seconds{5};
  const Job second = claim("two");
  settle(second, SettlementKind::complete);
  const auto events = history(id);
  EXPECT_THAT(kinds(id),
              ElementsAre(Kind::submitted, Kind::started, Kind::retry_scheduled, Kind::started, Kind::completed));
  EXPECT_EQ(events[0].by, ann);
  EXPECT_EQ(events[1].at, now - seconds{5});
  EXPECT_EQ(events[1].worker, "one");
  EXPECT_EQ(events[2].run_at, std::nullopt) << "that has passed";
  EXPECT_EQ(events[3].attempt, 2);
  EXPECT_EQ(events[4].worker, "two");
  EXPECT_EQ(events[4].at, now);
}

TEST_F(JobHistory, TellsTheEndThatARetryByHandMadeUndone) {
  const JobId id = submit();
  settle(claim(), SettlementKind::retry, "no answer", now);
  settle(claim(), SettlementKind::fail, "no answer");
  EXPECT_EQ(kinds(id).back(), Kind::failed);
  (void)run_to_completion(store.retry(by(root), id, now));
  settle(claim(), SettlementKind::fail, "no answer");
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::retry_scheduled, Kind::started, Kind::failed,
                                     Kind::retried, Kind::started, Kind::failed));
  EXPECT_EQ(history(id)[5].by, root);
}

TEST_F(JobHistory, TellsWhoCancelled) {
  const JobId id = submit();
  (void)claim();
  now += seconds{2};
  (void)run_to_completion(store.cancel(by(root), id, now));
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::cancelled));
  EXPECT_EQ(history(id).back().by, root);
  EXPECT_EQ(history(id).back().at, now);
  (void)run_to_completion(store.retry(by(ann), id, now));
  (void)run_to_completion(store.cancel(by(ann), id, now));
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::cancelled, Kind::retried, Kind::cancelled));
}

TEST_F(JobHistory, TellsChangesInTheirPlace) {
  const JobId id = submit();
  (void)run_to_completion(store.change(by(ann), id, {3.0, {}}, now));
  settle(claim(), SettlementKind::release, {}, now);
  (void)run_to_completion(store.change(by(root), id, {{}, now + seconds{9}}, now));
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::changed, Kind::started, Kind::released, Kind::changed));
  const auto events = history(id);
  EXPECT_EQ(events[1].priority_before, 0);
  EXPECT_EQ(events[1].priority, 3);
  EXPECT_EQ(events[4].run_at, now + seconds{9});
  EXPECT_EQ(events[4].by, root);
}

TEST_F(JobHistory, TellsPoison) {
  const JobId id = submit();
  (void)claim("gone");
  crash();
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::crashed, Kind::poisoned));
  EXPECT_EQ(history(id)[2].worker, "gone");
  (void)run_to_completion(store.retry(by(ann), id, now));
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::crashed, Kind::poisoned, Kind::retried));
}

TEST_F(JobHistory, TellsWhyAJobNeverStarted) {
  const JobId late = submit([this](Job& job) { job.terms.expires_at = now + seconds{1}; });
  now += seconds{2};
  (void)run_to_completion(store.check_deadlines("server", 10, now));
  EXPECT_THAT(kinds(late), ElementsAre(Kind::submitted, Kind::expired));
  EXPECT_EQ(history(late).back().at, now);

  const JobId first = submit();
  const JobId second = submit([first](Job& job) { job.terms.depends_on = {first}; });
  (void)run_to_completion(store.cancel(by(ann), first, now));
  EXPECT_THAT(kinds(second), ElementsAre(Kind::submitted, Kind::dependency_failed));
  EXPECT_THAT(*history(second).back().error, ::testing::HasSubstr(to_string(first)));
}

TEST_F(JobHistory, KeepsTheOrderWhenTheClockIsSetBack) {
  const JobId id = submit();
  settle(claim(), SettlementKind::retry, "no answer", now);
  now -= seconds{60};
  (void)run_to_completion(store.change(by(ann), id, {1.0, {}}, now));
  now += seconds{60};
  settle(claim(), SettlementKind::complete);
  EXPECT_THAT(kinds(id), ElementsAre(Kind::submitted, Kind::started, Kind::retry_scheduled, Kind::changed,
                                     Kind::started, Kind::completed));
}

}  // namespace
}  // namespace taskgate::jobs
