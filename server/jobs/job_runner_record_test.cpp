// What handlers inside the server leave behind: checkpoints and logs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "jobs/job_runner.h"
#include "jobs/manual_alarms.h"
#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Does what the test says with each attempt's context.
class ScriptedHandler final : public JobHandler {
 public:
  using Script = std::function<Awaitable<HandlerOutcome>(std::shared_ptr<JobContext>)>;
  Awaitable<HandlerOutcome> run(std::shared_ptr<JobContext> context) override {
    found.push_back(context->checkpoint());
    latest = context;
    return script(std::move(context));
  }
  Script script;
  std::vector<std::optional<std::string>> found;  // checkpoints, by attempt
  std::shared_ptr<JobContext> latest;
};

Awaitable<HandlerOutcome> say_and_fail(std::shared_ptr<JobContext> context) {
  context->log("begun");
  context->save_checkpoint("1");
  context->log("half done");
  context->save_checkpoint(R"({"page":2})");
  FailedAttempt failed{"no more paper"};
  co_return HandlerOutcome{std::move(failed)};
}

Awaitable<HandlerOutcome> wait_long(std::shared_ptr<JobContext> context) {
  co_await context->sleep(seconds{3'600});
  Succeeded done;
  co_return HandlerOutcome{std::move(done)};
}

class JobRunnerRecord : public ::testing::Test {
 protected:
  JobRunnerRecord() {
    options.alarms = alarms;
    options.random = [] { return 0.5; };
    options.log_line = [this](const std::string& line) { terminal.push_back(line); };
    service.job_logged.connect([this](const LoggedLines& lines) {
      for (const LogLine& line : lines.lines) announced.push_back(line.text);
    });
  }
  ~JobRunnerRecord() override {
    if (runner) stop();
  }

  void start(ScriptedHandler::Script script) {
    handler->script = std::move(script);
    HandlerRegistration registration{{{}, true}, 1, handler};
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
  void pass(milliseconds time) { alarms->run_for(loop, time); }
  JobId submit() {
    NewJob job;
    job.type = "anything";
    const JobId id = run_to_completion(service.submit({}, std::move(job))).value().id;
    ManualAlarms::run_ready(loop);
    return id;
  }
  Job get(JobId id) { return run_to_completion(store.get({}, id)).value(); }
  std::vector<std::string> log(JobId id) {
    std::vector<std::string> texts;
    for (const KeptLine& line : run_to_completion(store.log({}, id, 0, 10'000)).value().lines) {
      texts.push_back(line.text);
    }
    return texts;
  }

  ManualClock clock;
  std::shared_ptr<ManualAlarms> alarms = std::make_shared<ManualAlarms>(clock);
  boost::asio::io_context loop;
  MemoryJobStore store;
  IdGenerator ids;
  JobService service{store, clock, ids};
  std::vector<std::string> terminal;
  std::vector<std::string> announced;
  RunnerOptions options;
  std::shared_ptr<ScriptedHandler> handler = std::make_shared<ScriptedHandler>();
  std::unique_ptr<JobRunner> runner;
};

TEST_F(JobRunnerRecord, StoresWhatAHandlerSaidLastBeforeItsOutcome) {
  start(say_and_fail);
  const JobId id = submit();
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_THAT(log(id), ElementsAre("begun", "half done"));
  EXPECT_THAT(announced, ElementsAre("begun", "half done"));
  pass(seconds{1});
  EXPECT_THAT(handler->found, ElementsAre(std::nullopt, R"({"page":2})"));
  EXPECT_EQ(log(id).size(), 4u);
}

TEST_F(JobRunnerRecord, StoresWhatALongAttemptSaysWhileItRuns) {
  start(wait_long);
  const JobId id = submit();
  handler->latest->log("one");
  handler->latest->log("two");
  handler->latest->save_checkpoint("[1]");
  ManualAlarms::run_ready(loop);
  handler->latest->log("three");
  ManualAlarms::run_ready(loop);
  EXPECT_THAT(log(id), ElementsAre("one", "two")) << "at most one beat every so often";
  pass(options.progress_every);
  EXPECT_THAT(log(id), ElementsAre("one", "two", "three"));
  EXPECT_EQ(get(id).revision, 1) << "a line is no change of the job";
}

TEST_F(JobRunnerRecord, KeepsACheckpointOverTheStopOfTheServer) {
  start(wait_long);
  const JobId id = submit();
  handler->latest->save_checkpoint("[1]");
  ManualAlarms::run_ready(loop);
  handler->latest->log("last words");
  handler->latest->save_checkpoint("[2]");
  stop();
  EXPECT_EQ(get(id).status, JobStatus::pending);
  EXPECT_THAT(log(id), ElementsAre("last words"));
  start(wait_long);
  EXPECT_EQ(handler->found.back(), "[2]");
}

TEST_F(JobRunnerRecord, StoresEverythingAfterAnOutage) {
  start(wait_long);
  const JobId id = submit();
  store.fail_next(1);
  handler->latest->log("during the outage");
  handler->latest->save_checkpoint("7");
  ManualAlarms::run_ready(loop);
  EXPECT_THAT(log(id), IsEmpty());
  handler->latest->log("later");
  pass(seconds{20});
  EXPECT_THAT(log(id), ElementsAre("during the outage", "later"));
}

TEST_F(JobRunnerRecord, RefusesACheckpointThatIsNoJsonOrTooLarge) {
  start(wait_long);
  submit();
  EXPECT_FALSE(handler->latest->save_checkpoint("{"));
  EXPECT_FALSE(handler->latest->save_checkpoint(""));
  EXPECT_FALSE(handler->latest->save_checkpoint("\"" + std::string(checkpoint_bytes_max, 'x') + "\""));
  EXPECT_TRUE(handler->latest->save_checkpoint("\"" + std::string(checkpoint_bytes_max - 2, 'x') + "\""));
}

TEST_F(JobRunnerRecord, MakesLinesFitToBeKept) {
  start(wait_long);
  const JobId id = submit();
  handler->latest->log("bad \xff byte");
  handler->latest->log(std::string(log_line_bytes_max + 5, 'x'));
  ManualAlarms::run_ready(loop);
  EXPECT_EQ(log(id).at(0), "bad \\xff byte");
  EXPECT_EQ(log(id).at(1).size(), log_line_bytes_max);
}

TEST_F(JobRunnerRecord, StoresNothingOfAnAttemptThatWasCancelled) {
  start(wait_long);
  const JobId id = submit();
  ASSERT_TRUE(run_to_completion(service.cancel({}, id)));
  ManualAlarms::run_ready(loop);
  handler->latest->log("too late");
  handler->latest->save_checkpoint("1");
  pass(seconds{1});
  EXPECT_THAT(log(id), IsEmpty());
  ASSERT_TRUE(run_to_completion(service.retry({}, id)));
  ManualAlarms::run_ready(loop);
  EXPECT_EQ(handler->found.back(), std::nullopt);
}

TEST_F(JobRunnerRecord, DoesNotStopANewerAttemptForAnOldCancel) {
  start(wait_long);
  const JobId id = submit();
  const auto cancelled = run_to_completion(service.cancel({}, id));
  ManualAlarms::run_ready(loop);
  ASSERT_TRUE(run_to_completion(service.retry({}, id)));
  ManualAlarms::run_ready(loop);
  ASSERT_EQ(get(id).attempts, 2);
  service.job_cancelled(id, cancelled->fence);  // as if the signal had been slower than the retry
  pass(seconds{1});
  EXPECT_FALSE(handler->latest->stopped());
  EXPECT_EQ(get(id).status, JobStatus::processing);
  service.job_cancelled(id, get(id).fence + 1);
  ManualAlarms::run_ready(loop);
  EXPECT_TRUE(handler->latest->stopped());
}

}  // namespace
}  // namespace taskgate::jobs
