#include "jobs/job_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <map>
#include <stdexcept>

#include "jobs/manual_alarms.h"
#include "jobs/memory_job_store.h"
#include "jobs/simulate_handler.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A handler that does what the job's type says, and keeps count.
class ObedientHandler final : public JobHandler {
 public:
  Awaitable<HandlerOutcome> run(std::shared_ptr<JobContext> context) override {
    const Job job = context->job();
    started.push_back(job);
    ++running;
    running_most = std::max(running_most, running);
    // However the attempt ends, it is over.
    const std::shared_ptr<void> over(nullptr, [this](void*) { --running; });
    if (job.type == "throw") throw std::runtime_error("thrown on purpose");
    if (job.type == "throw a number") throw 42;
    if (job.type == "fail") co_return failure();
    if (job.type == "say") context->log("one\nline");
    if (job.type == "progress") {
      for (int step = 1; step <= 100; ++step) {
        context->progress(step, "at " + std::to_string(step));
        co_await context->sleep(milliseconds{10});
      }
    }
    if (job.type == "elsewhere") {
      context->on_stop([this] { ++told_to_stop; });
      co_await context->sleep(seconds{60});
      // Told already: at once.
      if (context->stopped()) context->on_stop([this] { ++told_to_stop; });
    }
    if (job.type == "long") co_await context->sleep(seconds{60});
    if (job.type == "stubborn") co_await wait_for_nothing();
    stopped_seen = context->stopped();
    Succeeded outcome;
    outcome.result = "\"done\"";
    co_return HandlerOutcome{std::move(outcome)};
  }

  std::vector<Job> started;
  int running = 0;
  int running_most = 0;
  bool stopped_seen = false;
  int told_to_stop = 0;

 private:
  static HandlerOutcome failure() {
    FailedAttempt outcome;
    outcome.error = "failed on purpose";
    return outcome;
  }
  static Awaitable<void> wait_for_nothing() {
    const auto loop = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer never(loop, boost::asio::steady_timer::time_point::max());
    co_await never.async_wait(boost::asio::use_awaitable);
  }
};

class JobRunnerTest : public ::testing::Test {
 protected:
  JobRunnerTest() {
    ann.user_id.bytes[0] = 1;
    options.alarms = alarms;
    options.random = [] { return 0.5; };
    options.log_line = [this](const std::string& line) { lines.push_back(without_id(line)); };
    service.job_changed.connect([this](const Job& job) { changes[job.id].push_back(job.status); });
  }
  ~JobRunnerTest() override {
    if (runner) stop();
  }

  // As in the log, with the job's id left out.
  static std::string without_id(const std::string& line) {
    return line.substr(std::string("job 0123456789abcdef ").size());
  }

  void start(std::shared_ptr<JobHandler> with, std::size_t concurrency = 1) {
    HandlerRegistration registration{{{}, true}, concurrency, std::move(with)};
    runner = std::make_unique<JobRunner>(loop.get_executor(), store, service, clock, options,
                                         std::vector<HandlerRegistration>{registration});
    runner->start();
    ManualAlarms::run_ready(loop);
  }
  void start() { start(handler); }
  // All types but those that workers ask for.
  void start_beside(std::shared_ptr<const WorkerTypes> workers) {
    HandlerRegistration registration{{{}, true}, 1, handler, std::move(workers)};
    runner = std::make_unique<JobRunner>(loop.get_executor(), store, service, clock, options,
                                         std::vector<HandlerRegistration>{registration});
    runner->start();
    ManualAlarms::run_ready(loop);
  }
  void stop() {
    bool stopped = false;
    boost::asio::co_spawn(loop, runner->stop(), [&stopped](std::exception_ptr) { stopped = true; });
    for (int second = 0; second < 60 && !stopped; ++second) pass(seconds{1});
    EXPECT_TRUE(stopped);
    runner.reset();
  }
  // The program dies: its tasks never continue, the store stays as it is.
  void crash() {
    runner.reset();
    loop.~io_context();
    new (&loop) boost::asio::io_context();
  }
  void pass(milliseconds time) { alarms->run_for(loop, time); }

  JobId submit(std::string type, std::string data = "{}", double priority = 0) {
    NewJob job;
    job.type = std::move(type);
    job.data = std::move(data);
    job.priority = priority;
    return submit(std::move(job));
  }
  JobId submit(NewJob job) {
    const JobId id = run_to_completion(service.submit(ann, std::move(job))).value().id;
    ManualAlarms::run_ready(loop);
    return id;
  }
  Job get(JobId id) { return run_to_completion(store.get({}, id)).value(); }
  std::vector<AttemptOutcome> outcomes(JobId id) {
    std::vector<AttemptOutcome> all;
    for (const Attempt& attempt : run_to_completion(store.attempts({}, id)).value()) {
      if (attempt.outcome) all.push_back(*attempt.outcome);
    }
    return all;
  }

  Principal ann;
  ManualClock clock;
  std::shared_ptr<ManualAlarms> alarms = std::make_shared<ManualAlarms>(clock);
  boost::asio::io_context loop;
  MemoryJobStore store;
  IdGenerator ids;
  JobService service{store, clock, ids};
  std::vector<std::string> lines;
  std::map<JobId, std::vector<JobStatus>> changes;
  RunnerOptions options;
  std::shared_ptr<ObedientHandler> handler = std::make_shared<ObedientHandler>();
  std::unique_ptr<JobRunner> runner;
};

TEST_F(JobRunnerTest, RunsAJobAndAnnouncesEachStep) {
  start();
  const JobId id = submit("anything");
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_EQ(get(id).result, "\"done\"");
  EXPECT_THAT(changes[id], ElementsAre(JobStatus::pending, JobStatus::processing, JobStatus::completed));
  EXPECT_THAT(lines, ElementsAre("\"anything\" attempt 1 completed in 0.0 s"));
}

TEST_F(JobRunnerTest, StartsTheUrgentJobBeforeThoseWaiting) {
  options.worker = "server";
  start(make_simulate_handler(1));
  std::vector<JobId> zeros;
  for (int count = 0; count < 3; ++count) zeros.push_back(submit("Fast Task"));
  const JobId ten = submit("Fast Task", "{}", 10);
  pass(milliseconds{2'100});
  EXPECT_EQ(get(zeros[0]).status, JobStatus::completed);
  EXPECT_EQ(get(ten).status, JobStatus::processing);
  EXPECT_EQ(get(zeros[1]).status, JobStatus::pending);
}

TEST_F(JobRunnerTest, LeavesToWorkersWhatTheyAskForUntilTheirGraceIsOver) {
  const auto workers = std::make_shared<WorkerTypes>();
  start_beside(workers);
  workers->heard({"resize"}, clock.now(), clock.now());
  const JobId theirs = submit("resize", "{}", 10);
  const JobId ours = submit("anything");
  EXPECT_EQ(get(ours).status, JobStatus::completed);
  pass(WorkerTypes::grace - seconds{1});
  EXPECT_EQ(get(theirs).status, JobStatus::pending);
  pass(seconds{2});
  EXPECT_EQ(get(theirs).status, JobStatus::completed);
}

TEST_F(JobRunnerTest, RetriesAndThenFailsWithALinePerAttempt) {
  start(make_simulate_handler(1));
  const JobId id = submit("Send invoice", R"({"shouldFail":true})");
  pass(seconds{20});
  EXPECT_EQ(get(id).status, JobStatus::failed);
  EXPECT_EQ(get(id).error, "Simulated permanent failure");
  EXPECT_EQ(get(id).retries, 3);
  EXPECT_EQ(get(id).attempts, 4);
  EXPECT_THAT(lines,
              ElementsAre("\"Send invoice\" attempt 1 failed: Simulated permanent failure; retry 1 of 3 in 1.0 s",
                          "\"Send invoice\" attempt 2 failed: Simulated permanent failure; retry 2 of 3 in 2.0 s",
                          "\"Send invoice\" attempt 3 failed: Simulated permanent failure; retry 3 of 3 in 4.0 s",
                          "\"Send invoice\" attempt 4 failed: Simulated permanent failure; no retries left"));
}

TEST_F(JobRunnerTest, WaitsForTheBackoffBeforeTheRetry) {
  start(make_simulate_handler(1));
  const JobId id = submit("Fast Task", R"({"failOnce":true})");
  pass(milliseconds{1'999});
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).error, "Simulated failure of the first attempt");
  pass(milliseconds{1});
  EXPECT_EQ(get(id).status, JobStatus::processing);
}

TEST_F(JobRunnerTest, CompletesAJobThatFailedOnceWithOneRetry) {
  start(make_simulate_handler(1));
  const JobId id = submit("Fast Task", R"({"failOnce":true})");
  pass(seconds{10});
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_EQ(get(id).retries, 1);
  EXPECT_THAT(outcomes(id), ElementsAre(AttemptOutcome::failed, AttemptOutcome::completed));
}

TEST_F(JobRunnerTest, TreatsWhatAHandlerThrowsAsAFailure) {
  start();
  const JobId id = submit("throw");
  const JobId odd = submit("throw a number");
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).error, "thrown on purpose");
  EXPECT_EQ(get(id).retries, 1);
  EXPECT_EQ(get(odd).error, "The handler threw something that is no exception");
}

TEST_F(JobRunnerTest, RunsNoMoreAtOnceThanRegistered) {
  start(handler, 3);
  for (int count = 0; count < 10; ++count) submit("long");
  EXPECT_EQ(handler->running, 3);
  pass(seconds{61});
  EXPECT_EQ(handler->running, 3);
  pass(seconds{300});
  EXPECT_EQ(handler->started.size(), 10U);
  EXPECT_EQ(handler->running_most, 3);
}

TEST_F(JobRunnerTest, LeavesAnIdleStoreAlone) {
  start();
  submit("anything");
  pass(seconds{5});
  const std::size_t calls = store.calls();
  pass(std::chrono::hours{24});
  EXPECT_EQ(store.calls(), calls);
}

TEST_F(JobRunnerTest, StartsADelayedJobWhenItIsDue) {
  start();
  NewJob job;
  job.type = "anything";
  job.delay = std::chrono::hours{3};
  const JobId id = run_to_completion(service.submit(ann, job)).value().id;
  pass(std::chrono::hours{3} - milliseconds{1});
  EXPECT_EQ(get(id).status, JobStatus::pending);
  pass(milliseconds{1});
  EXPECT_EQ(get(id).status, JobStatus::completed);
}

TEST_F(JobRunnerTest, KeepsTheLeaseOfALongJob) {
  start();
  const JobId id = submit("long");
  pass(seconds{59});
  EXPECT_EQ(get(id).status, JobStatus::processing);
  EXPECT_GT(*get(id).lease_expires_at, clock.now() + seconds{10});
  pass(seconds{2});
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_EQ(get(id).attempts, 1);
}

TEST_F(JobRunnerTest, StoresTheLatestOfABurstOfProgress) {
  start();
  std::vector<double> seen;
  service.job_changed.connect([&seen](const Job& job) {
    if (job.status == JobStatus::processing && job.progress > 0) seen.push_back(job.progress);
  });
  const JobId id = submit("progress");
  pass(milliseconds{990});
  EXPECT_THAT(seen, ElementsAre(1, 26, 51, 76));
  EXPECT_EQ(get(id).progress_message, "at 76");
  pass(seconds{1});
  EXPECT_EQ(get(id).progress, 100);
}

TEST_F(JobRunnerTest, LogsWhatTheHandlerSays) {
  start();
  submit("say");
  EXPECT_THAT(lines, ::testing::Contains("\"say\" attempt 1: one\nline"));
}

TEST_F(JobRunnerTest, StopsTheHandlerOfACancelledJob) {
  start();
  const JobId id = submit("long");
  ASSERT_TRUE(run_to_completion(service.cancel(ann, id)));
  ManualAlarms::run_ready(loop);
  EXPECT_TRUE(handler->stopped_seen);
  EXPECT_EQ(handler->running, 0);
  EXPECT_EQ(get(id).status, JobStatus::cancelled);
  EXPECT_FALSE(get(id).result);
  EXPECT_THAT(lines, ElementsAre("\"long\" attempt 1 cancelled"));
  const JobId next = submit("anything");
  EXPECT_EQ(get(next).status, JobStatus::completed);
}

TEST_F(JobRunnerTest, TellsAHandlerThatWorksElsewhereToStop) {
  start();
  const JobId id = submit("elsewhere");
  EXPECT_EQ(handler->told_to_stop, 0);
  ASSERT_TRUE(run_to_completion(service.cancel(ann, id)));
  ManualAlarms::run_ready(loop);
  EXPECT_EQ(handler->told_to_stop, 2);
}

TEST_F(JobRunnerTest, CutsOffAHandlerThatIgnoresTheCancel) {
  start();
  const JobId id = submit("stubborn");
  ASSERT_TRUE(run_to_completion(service.cancel(ann, id)));
  pass(milliseconds{4'999});
  EXPECT_EQ(handler->running, 1);
  pass(milliseconds{1});
  EXPECT_EQ(handler->running, 0);
  EXPECT_EQ(get(id).status, JobStatus::cancelled);
}

TEST_F(JobRunnerTest, DropsTheOutcomeOfALostLease) {
  start();
  const JobId id = submit("long");
  pass(seconds{5});
  // Somebody with another idea of the time takes the job away and gives it to somebody else.
  (void)run_to_completion(store.reclaim_expired(3, clock.now() + seconds{120}));
  ClaimRequest request{"other", {{}, true}, 1, seconds{600}};
  const Job theirs = run_to_completion(store.claim(request, clock.now())).jobs.at(0);
  pass(seconds{60});
  EXPECT_EQ(get(id).status, JobStatus::processing);
  EXPECT_EQ(get(id).worker, "other");
  EXPECT_EQ(get(id).fence, theirs.fence);
  EXPECT_TRUE(handler->stopped_seen);
  EXPECT_THAT(lines, ElementsAre("\"long\" attempt 1 lost its lease; its outcome was dropped"));
}

TEST_F(JobRunnerTest, DropsASettlementThatComesTooLate) {
  start();
  const JobId id = submit("progress");
  (void)run_to_completion(store.cancel({}, id, clock.now()));  // as if the signal were still on its way
  store.fail_next(1'000'000);                                  // and no beat gets through before the handler returns
  pass(seconds{1});
  store.fail_next(0);
  pass(seconds{10});
  EXPECT_EQ(get(id).status, JobStatus::cancelled);
  EXPECT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.at(0), HasSubstr("its outcome was dropped"));
}

TEST_F(JobRunnerTest, RunsAgainWhatACrashInterrupted) {
  start();
  const JobId id = submit("long");
  crash();
  store.rebuild_queue();
  start();
  EXPECT_EQ(get(id).status, JobStatus::processing);
  EXPECT_EQ(get(id).crashes, 1);
  EXPECT_EQ(get(id).retries, 0);
  EXPECT_EQ(get(id).attempts, 2);
  EXPECT_THAT(lines, ElementsAre("\"long\" attempt 1 crashed; crash 1 of 3, back in the queue"));
  pass(seconds{61});
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_THAT(outcomes(id), ElementsAre(AttemptOutcome::crashed, AttemptOutcome::completed));
}

TEST_F(JobRunnerTest, GivesUpAJobThatCrashesTheProgramAgainAndAgain) {
  start();
  const JobId id = submit("long");
  for (int count = 0; count < 4; ++count) {
    EXPECT_EQ(get(id).status, JobStatus::processing);
    crash();
    start();
  }
  EXPECT_EQ(get(id).status, JobStatus::failed);
  EXPECT_THAT(*get(id).error, HasSubstr("poison"));
  EXPECT_EQ(get(id).crashes, 4);
  EXPECT_EQ(handler->started.size(), 4U);
}

TEST_F(JobRunnerTest, LetsHandlersFinishWhenItStops) {
  start();
  const JobId id = submit("progress");
  stop();
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_FALSE(handler->stopped_seen);
}

TEST_F(JobRunnerTest, HandsBackWhatDoesNotFinishWithoutSpendingAnAttempt) {
  start();
  const JobId id = submit("long");
  const JobId waiting = submit("long");
  stop();
  EXPECT_EQ(handler->running, 0);
  EXPECT_TRUE(handler->stopped_seen);
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).attempts, 0);
  EXPECT_EQ(get(id).retries, 0);
  EXPECT_EQ(get(id).crashes, 0);
  EXPECT_EQ(get(waiting).attempts, 0);
  EXPECT_THAT(lines, ElementsAre("\"long\" attempt 1 released: the server is stopping"));
  start();
  EXPECT_EQ(get(id).status, JobStatus::processing);
}

TEST_F(JobRunnerTest, CutsOffAHandlerThatDoesNotStop) {
  start();
  const JobId id = submit("stubborn");
  stop();
  EXPECT_EQ(handler->running, 0);
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).attempts, 0);
}

TEST_F(JobRunnerTest, ClaimsNothingWhileItStops) {
  start();
  submit("progress");
  bool stopped = false;
  boost::asio::co_spawn(loop, runner->stop(), [&stopped](std::exception_ptr) { stopped = true; });
  ManualAlarms::run_ready(loop);
  const JobId late = submit("anything");
  pass(seconds{3});
  EXPECT_TRUE(stopped);
  EXPECT_EQ(get(late).status, JobStatus::pending);
  runner.reset();
}

TEST_F(JobRunnerTest, StopsWithoutHavingStarted) {
  runner = std::make_unique<JobRunner>(loop.get_executor(), store, service, clock, options,
                                       std::vector<HandlerRegistration>{});
  stop();
}

TEST_F(JobRunnerTest, GoesOnWhenTheStoreIsBackAgain) {
  store.fail_next(3);
  start();
  pass(seconds{2});
  store.fail_next(0);
  const JobId id = submit("anything");
  pass(seconds{6});
  EXPECT_EQ(get(id).status, JobStatus::completed);
}

TEST_F(JobRunnerTest, SettlesAfterAnOutageWhatWasDoneDuringIt) {
  start();
  const JobId id = submit("progress");
  store.fail_next(1'000'000);
  pass(std::chrono::minutes{2});
  store.fail_next(0);
  pass(seconds{10});
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_EQ(get(id).attempts, 1);
  EXPECT_EQ(get(id).crashes, 0);
}

TEST_F(JobRunnerTest, StopsWhileTheStoreIsBroken) {
  start();
  submit("anything");
  submit("long");
  store.fail_next(1'000'000);
  pass(seconds{30});
  stop();
  EXPECT_EQ(handler->running, 0);
  store.fail_next(0);
}

TEST_F(JobRunnerTest, PutsBackTheJobsOfWorkersThatFellSilent) {
  options.worker = "server";
  HandlerRegistration registration{{{"ours"}, false}, 1, handler};
  runner = std::make_unique<JobRunner>(loop.get_executor(), store, service, clock, options,
                                       std::vector<HandlerRegistration>{registration});
  runner->start();
  pass(seconds{10});
  const JobId id = submit("theirs");
  ClaimRequest request{"worker over http", {{"theirs"}, false}, 1, seconds{30}};
  const Job claimed = run_to_completion(store.claim(request, clock.now())).jobs.at(0);
  service.job_changed(claimed);
  pass(seconds{29});
  EXPECT_EQ(get(id).status, JobStatus::processing);
  pass(seconds{2});
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).crashes, 1);
  EXPECT_EQ(changes[id].back(), JobStatus::pending);
  const std::size_t calls = store.calls();
  pass(std::chrono::hours{1});
  EXPECT_LE(store.calls(), calls + 3);
}

class WorkersElsewhere : public JobRunnerTest {
 protected:
  // A job in the hands of a worker outside the program, under a lease of 30 s.
  JobId start_elsewhere() {
    HandlerRegistration registration{{{"ours"}, false}, 1, handler};
    runner = std::make_unique<JobRunner>(loop.get_executor(), store, service, clock, options,
                                         std::vector<HandlerRegistration>{registration});
    runner->start();
    pass(seconds{10});
    const JobId id = submit("theirs");
    ClaimRequest request{"worker over http", {{"theirs"}, false}, 1, seconds{30}};
    service.job_changed(run_to_completion(store.claim(request, clock.now())).jobs.at(0));
    pass(seconds{5});
    return id;
  }
  // It still runs, and is put back only when its worker is silent for a whole lease from here on.
  void expect_a_fresh_lease(JobId id) {
    EXPECT_EQ(get(id).status, JobStatus::processing);
    EXPECT_EQ(get(id).crashes, 0);
    pass(seconds{22});
    EXPECT_EQ(get(id).status, JobStatus::processing);
    pass(seconds{10});
    EXPECT_EQ(get(id).status, JobStatus::pending);
    EXPECT_EQ(get(id).crashes, 1);
  }
};

TEST_F(WorkersElsewhere, GetAFreshLeaseAfterAnOutageOfTheStore) {
  const JobId id = start_elsewhere();
  store.fail_next(1'000'000);
  pass(std::chrono::minutes{5});
  store.fail_next(0);
  pass(seconds{6});  // until it is tried again
  expect_a_fresh_lease(id);
}

TEST_F(WorkersElsewhere, GetAFreshLeaseAfterTheClockWasSetForwardOrTheProgramStoodStill) {
  const JobId id = start_elsewhere();
  clock.advance(std::chrono::hours{2});
  pass(seconds{2});
  expect_a_fresh_lease(id);
}

TEST_F(JobRunnerTest, FailsAnAttemptThatTakesTooLong) {
  start();
  NewJob job;
  job.type = "long";
  job.timeout = milliseconds{1'500};
  job.max_retries = 1;
  const JobId id = submit(job);
  pass(seconds{1});
  EXPECT_EQ(handler->running, 1);
  pass(milliseconds{600});
  EXPECT_EQ(handler->running, 0);
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).error, "Timed out after 1.5 s");
  EXPECT_EQ(get(id).retries, 1);
  EXPECT_EQ(get(id).crashes, 0);
  pass(seconds{10});
  EXPECT_EQ(get(id).status, JobStatus::failed);
  EXPECT_THAT(outcomes(id), ElementsAre(AttemptOutcome::failed, AttemptOutcome::failed));
  EXPECT_THAT(lines, ElementsAre(HasSubstr("failed: Timed out after 1.5 s; retry 1 of 1 in 1.0 s"),
                                 HasSubstr("failed: Timed out after 1.5 s; no retries left")));
}

TEST_F(JobRunnerTest, CutsOffAHandlerThatDoesNotHeedItsTimeout) {
  start();
  NewJob job;
  job.type = "stubborn";
  job.timeout = seconds{1};
  job.max_retries = 0;
  const JobId id = submit(job);
  pass(seconds{2});
  EXPECT_EQ(get(id).status, JobStatus::processing);
  pass(options.stop_grace);
  EXPECT_EQ(handler->running, 0);
  EXPECT_EQ(get(id).status, JobStatus::failed);
  EXPECT_EQ(get(id).error, "Timed out after 1 s");
}

TEST_F(JobRunnerTest, LetsAnAttemptFinishWithinItsTime) {
  start();
  NewJob job;
  job.type = "long";
  job.timeout = seconds{61};
  const JobId id = submit(job);
  pass(seconds{62});
  EXPECT_EQ(get(id).status, JobStatus::completed);
}

TEST_F(JobRunnerTest, ExpiresJobsThatWereNotStartedInTime) {
  start();
  submit("long");
  NewJob job;
  job.type = "anything";
  job.ttl = seconds{20};
  const JobId later = submit(job);
  job.ttl = seconds{10};
  const JobId id = submit(job);
  pass(milliseconds{9'900});
  EXPECT_EQ(get(id).status, JobStatus::pending);
  pass(milliseconds{1'000});
  EXPECT_EQ(get(id).status, JobStatus::failed);
  EXPECT_EQ(get(id).error, "expired");
  EXPECT_EQ(changes[id].back(), JobStatus::failed);
  EXPECT_THAT(lines, ElementsAre(HasSubstr("expired before it was started")));
  EXPECT_EQ(get(later).status, JobStatus::pending);
  pass(seconds{60});
  EXPECT_EQ(get(later).status, JobStatus::failed);
  EXPECT_EQ(handler->started.size(), 1U);
}

TEST_F(JobRunnerTest, EndsAttemptsOfOtherWorkersThatTakeTooLong) {
  HandlerRegistration registration{{{"ours"}, false}, 1, handler};
  runner = std::make_unique<JobRunner>(loop.get_executor(), store, service, clock, options,
                                       std::vector<HandlerRegistration>{registration});
  runner->start();
  pass(seconds{10});
  NewJob job;
  job.type = "theirs";
  job.timeout = seconds{5};
  const JobId id = submit(job);
  ClaimRequest request;
  request.worker = "worker over http";
  request.types.types = {"theirs"};
  request.lease = seconds{600};
  const Job claimed = run_to_completion(store.claim(request, clock.now())).jobs.at(0);
  service.job_changed(claimed);
  pass(milliseconds{4'900});
  EXPECT_EQ(get(id).status, JobStatus::processing);
  pass(seconds{1});
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_EQ(get(id).error, "Timed out after 5 s");
  EXPECT_EQ(get(id).retries, 1);
  const std::vector<Settlement> late{{id, claimed.fence, SettlementKind::complete, "1", std::nullopt, std::nullopt}};
  EXPECT_NE(run_to_completion(store.settle(late, clock.now())).at(0).status, SettleStatus::ok);
}

TEST_F(JobRunnerTest, SurvivesAClockThatIsSetBackAndForth) {
  start();
  const JobId id = submit("long");
  clock.advance(std::chrono::hours{48});
  pass(seconds{5});
  clock.set(clock.now() - std::chrono::hours{96});
  for (int count = 0; count < 70; ++count) pass(seconds{1});
  clock.advance(std::chrono::hours{48});
  pass(seconds{61});
  EXPECT_EQ(get(id).status, JobStatus::completed);
  EXPECT_EQ(get(id).attempts, 1);
}

}  // namespace
}  // namespace taskgate::jobs
