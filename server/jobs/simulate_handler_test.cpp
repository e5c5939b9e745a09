#include "jobs/simulate_handler.h"

#include <gtest/gtest.h>

#include <vector>

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

// An attempt whose time passes at once and is added up.
class InstantContext final : public JobContext {
 public:
  explicit InstantContext(Job job) : job_(std::move(job)) {}
  const Job& job() const override { return job_; }
  void progress(double percent, std::string) override { progress_seen.push_back(percent); }
  void log(std::string) override {}
  const std::optional<std::string>& checkpoint() const override { return none_; }
  bool save_checkpoint(std::string) override { return true; }
  bool stopped() const override { return slept >= stop_after; }
  Awaitable<bool> sleep(milliseconds duration) override {
    slept += duration;
    co_return !stopped();
  }
  void on_stop(std::function<void()>) override {}

  milliseconds slept{0};
  milliseconds stop_after = milliseconds::max();
  std::vector<double> progress_seen;

 private:
  Job job_;
  std::optional<std::string> none_;
};

class SimulateHandler : public ::testing::Test {
 protected:
  HandlerOutcome run(Job job, double speed = 1) {
    context = std::make_shared<InstantContext>(std::move(job));
    context->stop_after = stop_after;
    handler = make_simulate_handler(speed);
    return run_to_completion(handler->run(context));
  }
  static Job job(std::string type, std::string data = "{}", int attempt = 1) {
    Job created;
    created.type = std::move(type);
    created.data = std::move(data);
    created.attempts = attempt;
    return created;
  }
  static std::string error_of(const HandlerOutcome& outcome) { return std::get<FailedAttempt>(outcome).error; }

  milliseconds stop_after = milliseconds::max();
  std::shared_ptr<InstantContext> context;
  std::shared_ptr<JobHandler> handler;
};

TEST_F(SimulateHandler, TakesTwoSecondsForAFastTask) {
  EXPECT_EQ(std::get<Succeeded>(run(job("Fast Task"))).result,
            R"({"simulated":true,"type":"Fast Task","durationMs":2000})");
  EXPECT_EQ(context->slept, milliseconds{2'000});
}

TEST_F(SimulateHandler, TakesFiveSecondsForOthers) {
  EXPECT_TRUE(std::holds_alternative<Succeeded>(run(job("fast task"))));
  EXPECT_EQ(context->slept, milliseconds{5'000});
}

TEST_F(SimulateHandler, IsAsMuchFasterAsAsked) {
  EXPECT_EQ(std::get<Succeeded>(run(job("Slow"), 1000)).result, R"({"simulated":true,"type":"Slow","durationMs":5})");
  EXPECT_EQ(context->slept, milliseconds{5});
}

TEST_F(SimulateHandler, ReportsEveryTenth) {
  (void)run(job("Fast Task"));
  EXPECT_EQ(context->progress_seen, (std::vector<double>{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}));
}

TEST_F(SimulateHandler, FailsEveryAttemptHalfWayWhenAskedTo) {
  for (int attempt = 1; attempt <= 4; ++attempt) {
    EXPECT_EQ(error_of(run(job("Fast Task", R"({"shouldFail":true})", attempt))), "Simulated permanent failure");
    EXPECT_EQ(context->slept, milliseconds{1'000});
  }
}

TEST_F(SimulateHandler, FailsTheFirstAttemptOnlyWhenAskedTo) {
  EXPECT_EQ(error_of(run(job("x", R"({"failOnce":true})", 1))), "Simulated failure of the first attempt");
  EXPECT_TRUE(std::holds_alternative<Succeeded>(run(job("x", R"({"failOnce":true})", 2))));
}

TEST_F(SimulateHandler, TakesOnlyTrueForTrue) {
  for (const char* data :
       {R"({"shouldFail":"true"})", R"({"shouldFail":1})", "[true]", "null", R"({"failOnce":false})"}) {
    EXPECT_TRUE(std::holds_alternative<Succeeded>(run(job("x", data)))) << data;
  }
}

TEST_F(SimulateHandler, ReturnsSoonWhenStopped) {
  stop_after = milliseconds{600};
  EXPECT_TRUE(std::holds_alternative<FailedAttempt>(run(job("Fast Task"))));
  EXPECT_EQ(context->slept, milliseconds{600});
}

}  // namespace
}  // namespace taskgate::jobs
