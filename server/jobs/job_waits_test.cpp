#include "jobs/job_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "jobs/manual_alarms.h"
#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Waiting {
  std::shared_ptr<JobWait> wait = std::make_shared<JobWait>();
  std::optional<Result<Job>> answer;
};

class JobWaitsTest : public ::testing::Test {
 protected:
  JobWaitsTest() {
    ann.user_id.bytes[0] = 1;
    bob.user_id.bytes[0] = 2;
  }
  JobId submit() {
    NewJob job;
    job.type = "mail";
    return run_to_completion(service.submit(ann, std::move(job))).value().id;
  }
  std::shared_ptr<Waiting> begin(const Principal& caller, JobId id, milliseconds at_most = seconds{30}) {
    auto waiting = std::make_shared<Waiting>();
    auto task = waits.wait(caller, id, at_most, waiting->wait);
    boost::asio::co_spawn(loop, std::move(task), [waiting](std::exception_ptr failure, Result<Job> job) {
      EXPECT_FALSE(failure);
      waiting->answer.emplace(std::move(job));
    });
    ManualAlarms::run_ready(loop);
    return waiting;
  }
  void cancel(JobId id) {
    ASSERT_TRUE(run_to_completion(service.cancel(ann, id)));
    ManualAlarms::run_ready(loop);
  }
  void pass(milliseconds time) { alarms->run_for(loop, time); }

  ManualClock clock;
  std::shared_ptr<ManualAlarms> alarms = std::make_shared<ManualAlarms>(clock);
  boost::asio::io_context loop;
  MemoryJobStore store;
  IdGenerator ids;
  JobService service{store, clock, ids};
  JobWaits waits{service, clock, alarms};
  Principal ann;
  Principal bob;
};

TEST_F(JobWaitsTest, AnswersWhenTheJobHasFinishedAndAsksNothingMeanwhile) {
  const JobId id = submit();
  const JobId other = submit();
  const auto waiting = begin(ann, id);
  const auto before = store.calls();
  cancel(other);
  pass(seconds{10});
  EXPECT_FALSE(waiting->answer);
  EXPECT_EQ(store.calls(), before + 1) << "the cancel";
  cancel(id);
  ASSERT_TRUE(waiting->answer);
  EXPECT_EQ((*waiting->answer)->status, JobStatus::cancelled);
}

TEST_F(JobWaitsTest, AnswersAtOnceWhenItHasFinishedAlready) {
  const JobId id = submit();
  cancel(id);
  EXPECT_EQ((*begin(ann, id)->answer)->status, JobStatus::cancelled);
}

TEST_F(JobWaitsTest, AnswersWithTheJobAsItStandsWhenTheTimeIsOver) {
  const JobId id = submit();
  const auto waiting = begin(ann, id, seconds{5});
  pass(milliseconds{4'999});
  EXPECT_FALSE(waiting->answer);
  pass(milliseconds{1});
  EXPECT_EQ((*waiting->answer)->status, JobStatus::pending);
}

TEST_F(JobWaitsTest, WaitsForAJobThatIsRetriedToFinishAgain) {
  const JobId id = submit();
  const auto waiting = begin(ann, id);
  ASSERT_TRUE(run_to_completion(service.cancel(ann, id)));
  ASSERT_TRUE(run_to_completion(service.retry(ann, id)));  // before the waiting one has looked
  ManualAlarms::run_ready(loop);
  EXPECT_FALSE(waiting->answer);
  cancel(id);
  EXPECT_TRUE(waiting->answer);
}

TEST_F(JobWaitsTest, RefusesWhatItCannotDo) {
  const JobId id = submit();
  EXPECT_EQ(begin(bob, id)->answer->error().code, ErrorCode::not_found);
  EXPECT_EQ(begin(ann, id, milliseconds{30'001})->answer->error().fields.at(0).field, "waitMs");
  EXPECT_EQ(begin(ann, id, milliseconds{-1})->answer->error().fields.at(0).field, "waitMs");
}

TEST_F(JobWaitsTest, BoundsHowManyWaitForOneUser) {
  const JobId id = submit();
  std::vector<std::shared_ptr<Waiting>> all;
  for (std::size_t i = 0; i < JobWaits::waits_per_user_max; ++i) all.push_back(begin(ann, id));
  EXPECT_EQ(begin(ann, id)->answer->error().reason, "too_many_waits");
  EXPECT_EQ(begin(bob, id)->answer->error().code, ErrorCode::not_found) << "others may";
  all.front()->wait->abandon();
  ManualAlarms::run_ready(loop);
  EXPECT_TRUE(all.front()->answer);
  const auto another = begin(ann, id);
  EXPECT_FALSE(another->answer) << "its place was free";
  cancel(id);
  for (const auto& each : all) EXPECT_TRUE(each->answer);
  EXPECT_TRUE(another->answer);
}

TEST_F(JobWaitsTest, AsksNothingForAClientThatIsGone) {
  const auto waiting = begin(ann, submit());
  const auto before = store.calls();
  waiting->wait->abandon();
  ManualAlarms::run_ready(loop);
  EXPECT_TRUE(waiting->answer);
  EXPECT_EQ(store.calls(), before);
}

TEST_F(JobWaitsTest, AnswersAllWhenTheServerStops) {
  const JobId id = submit();
  const auto waiting = begin(ann, id);
  waits.drain();
  ManualAlarms::run_ready(loop);
  EXPECT_EQ((*waiting->answer)->status, JobStatus::pending);
  EXPECT_TRUE(begin(ann, id)->answer);
}

}  // namespace
}  // namespace taskgate::jobs
