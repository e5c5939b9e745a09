#include "jobs/queue_service.h"

#include <gtest/gtest.h>

#include "jobs/handler_directory.h"
#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

class QueueServiceTest : public ::testing::Test {
 protected:
  static Principal caller(Role role, std::uint8_t number) {
    Principal principal;
    principal.user_id.bytes[0] = number;
    principal.role = role;
    return principal;
  }
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }
  static std::vector<HandlerRegistration> handlers() { return {{{{"mail"}, false}, 1, nullptr}}; }
  Job submit(const std::string& type, std::chrono::milliseconds delay = 0ms) {
    NewJob job;
    job.type = type;
    job.delay = delay;
    return run(jobs.submit(user, std::move(job))).value();
  }
  Explanation explain(const Job& job) { return run(queues.explain(user, job.id)).value(); }
  std::vector<std::string> refused_fields(TypeControlChange change) {
    std::vector<std::string> fields;
    const auto refused = run(queues.control_type(admin, "mail", std::move(change)));
    if (!refused) {
      for (const auto& fault : refused.error().fields) fields.push_back(fault.field);
    }
    return fields;
  }

  const Principal admin = caller(Role::admin, 1);
  const Principal user = caller(Role::user, 2);
  const Principal other = caller(Role::user, 3);
  ManualClock clock;
  IdGenerator ids;
  MemoryJobStore store;
  JobService jobs{store, clock, ids};
  HandlerDirectory workers{handlers(), clock};
  QueueService queues{store, jobs, workers, clock};
};

TEST_F(QueueServiceTest, LetsNobodyButAdminsSeeOrSetAnything) {
  const auto reason = [](const auto& refused) { return refused.has_value() ? "" : refused.error().reason; };
  EXPECT_EQ(reason(run(queues.overview(user))), "admin_only");
  EXPECT_EQ(reason(run(queues.control_type(user, "mail", {}))), "admin_only");
  EXPECT_EQ(reason(run(queues.control_queue(user, "default", {true}))), "admin_only");
  EXPECT_EQ(reason(run(queues.control_user(user, user.user_id, {}))), "admin_only");
  EXPECT_TRUE(run(queues.overview(admin)).has_value());
}

TEST_F(QueueServiceTest, NamesEveryFieldThatIsOutOfItsRange) {
  TypeControlChange change;
  change.concurrency.emplace(0);
  change.concurrency_per_user.emplace(-1);
  change.rate.emplace(StartRate{0, 0ms});
  EXPECT_EQ(refused_fields(change),
            (std::vector<std::string>{"concurrency", "concurrencyPerUser", "rate.starts", "rate.windowMs"}));
  change = {};
  change.rate.emplace(StartRate{1, 25h});
  EXPECT_EQ(refused_fields(change), (std::vector<std::string>{"rate.windowMs"}));
  UserControlChange weightless;
  weightless.weight = 0;
  EXPECT_EQ(run(queues.control_user(admin, user.user_id, weightless)).error().fields.at(0).field, "weight");
  EXPECT_EQ(run(queues.control_queue(admin, "", {true})).error().fields.at(0).field, "queue");
  EXPECT_EQ(run(queues.control_queue(admin, std::string(65, 'q'), {true})).error().fields.at(0).field, "queue");
  EXPECT_EQ(run(queues.control_type(admin, " ", {})).error().fields.at(0).field, "type");
}

TEST_F(QueueServiceTest, WakesTheWorkersWhenSomethingIsResumed) {
  int woken = 0;
  jobs.work_available.connect([&woken] { ++woken; });
  ASSERT_TRUE(run(queues.control_queue(admin, "default", {false})).has_value());
  EXPECT_EQ(woken, 1);
}

TEST_F(QueueServiceTest, WakesTheWorkersWhenASlotIsFreedThatAJobWaitsFor) {
  TypeControlChange one;
  one.concurrency.emplace(1);
  ASSERT_TRUE(run(queues.control_type(admin, "mail", one)).has_value());
  submit("mail");
  submit("mail");
  ClaimRequest request;
  request.worker = "w";
  request.types.all_but = true;
  request.max = 2;
  const auto claimed = run(store.claim(request, clock.now())).jobs;
  ASSERT_EQ(claimed.size(), 1U);
  int woken = 0;
  jobs.work_available.connect([&woken] { ++woken; });
  run(store.settle({{claimed[0].id, claimed[0].fence, SettlementKind::complete, "1", {}, {}}}, clock.now()));
  EXPECT_EQ(woken, 1);
}

TEST_F(QueueServiceTest, SaysThatNobodyTakesTheTypeRatherThanThatALimitHoldsItUp) {
  const Job handled = submit("mail");
  const Job unhandled = submit("video");
  EXPECT_EQ(explain(handled).reason, StandingReason::behind);
  EXPECT_EQ(explain(unhandled).reason, StandingReason::no_worker);
  EXPECT_EQ(describe(explain(unhandled)), "No worker takes jobs of the type \"video\" now");
  EXPECT_EQ(explain(submit("video", 5s)).reason, StandingReason::delayed) << "its time would have to come first";
  TypeControlChange pause;
  pause.paused = true;
  ASSERT_TRUE(run(queues.control_type(admin, "video", pause)).has_value());
  EXPECT_EQ(explain(unhandled).reason, StandingReason::paused) << "somebody wants it not to start";
}

TEST_F(QueueServiceTest, ExplainsAJobToItsOwnerAndToAdminsOnly) {
  const Job job = submit("mail");
  EXPECT_EQ(run(queues.explain(other, job.id)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(run(queues.explain(admin, job.id)).has_value());
}

TEST_F(QueueServiceTest, DescribesEveryReason) {
  Explanation explanation;
  explanation.until = clock.now();
  for (int reason = 0; reason <= static_cast<int>(StandingReason::behind); ++reason) {
    explanation.reason = static_cast<StandingReason>(reason);
    EXPECT_FALSE(describe(explanation).empty());
    EXPECT_FALSE(to_string(explanation.reason).empty());
  }
}

}  // namespace
}  // namespace taskgate::jobs
