#include "handlers/exec_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/recording_context.h"

namespace taskgate::handlers {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class ExecHandlerTest : public ::testing::Test {
 protected:
  jobs::HandlerOutcome shell(const std::string& script, const std::function<void()>& meanwhile = {}) {
    command.arguments = {"/bin/sh", "-c", script};
    return run_handler(*make_exec_handler(command, pool), context, meanwhile);
  }
  static jobs::FailedAttempt failure(const jobs::HandlerOutcome& outcome) {
    return std::get<jobs::FailedAttempt>(outcome);
  }

  Command command;
  WorkerPool pool{"test", 1, 1};
  std::shared_ptr<RecordingContext> context =
      std::make_shared<RecordingContext>(example_job(R"({"digits":12345678901234567890})"));
};

TEST_F(ExecHandlerTest, TellsTheCommandItsJobAndTheOwnerItsProgress) {
  const auto outcome = shell("echo progress 42 Half way; echo a line; printf 'result '; cat");
  EXPECT_EQ(std::get<jobs::Succeeded>(outcome).result,
            R"({"id":"0193000000000001","type":"Send invoice","data":{"digits":12345678901234567890},"attempt":2,)"
            R"("userId":"000000000000000000000007"})");
  EXPECT_THAT(context->lines, ElementsAre("a line"));
  EXPECT_THAT(context->progress_seen, Contains(Pair(42.0, "Half way")));
}

TEST_F(ExecHandlerTest, DecidesByTheExitCode) {
  const auto temporary = failure(shell("echo later >&2; exit 75"));
  EXPECT_EQ(temporary.error, "The command ended with exit code 75: later");
  EXPECT_TRUE(temporary.retryable);
  EXPECT_TRUE(failure(shell("exit 1")).retryable);
  EXPECT_FALSE(failure(shell("exit 65")).retryable);
  EXPECT_EQ(failure(shell("kill -KILL $$")).error, "The command was killed by signal 9");
}

TEST_F(ExecHandlerTest, RefusesAResultThatIsNoJson) {
  const auto failed = failure(shell("echo result {"));
  EXPECT_THAT(failed.error, ::testing::StartsWith("The result is not valid JSON"));
  EXPECT_FALSE(failed.retryable);
}

TEST_F(ExecHandlerTest, FailsACommandThatTakesLongerThanItsTypeMay) {
  command.timeout = milliseconds{100};
  const auto failed = failure(shell("echo stuck >&2; exec sleep 1000"));
  EXPECT_EQ(failed.error, "Timed out after 0.1 s: stuck");
  EXPECT_TRUE(failed.retryable);
}

TEST_F(ExecHandlerTest, IsNotFooledByACommandThatEndsWellAfterTheTimeout) {
  command.timeout = milliseconds{100};
  EXPECT_TRUE(failure(shell("trap 'exit 0' TERM; while :; do sleep 0.01; done")).retryable);
  EXPECT_TRUE(failure(shell("trap 'exit 65' TERM; while :; do sleep 0.01; done")).retryable);
}

TEST_F(ExecHandlerTest, EndsTheCommandOfACancelledJob) {
  context->on_line = [this](const std::string&) { context->stop(); };
  EXPECT_EQ(failure(shell("echo ready; exec sleep 1000")).error, "Stopped");
}

TEST_F(ExecHandlerTest, SurvivesACommandThatReportsWithoutEnd) {
  const auto outcome = shell("yes 'progress 50 busy' | head -n 200000; yes line | head -n 200000; echo 7");
  EXPECT_EQ(std::get<jobs::Succeeded>(outcome).result, "7");
  EXPECT_EQ(context->lines.size(), CommandOutput::log_lines_max + 1);
  EXPECT_EQ(context->progress_seen.back().second, "busy");
}

}  // namespace
}  // namespace taskgate::handlers
