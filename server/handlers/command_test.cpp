#include "handlers/command.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace taskgate::handlers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// Runs real programs.
class CommandTest : public ::testing::Test, public CommandListener {
 protected:
  void progress(double, std::string) override { ++progress_count; }
  void log(std::string line) override {
    lines.push_back(std::move(line));
    if (on_line) on_line(lines.back());
  }
  CommandEnd shell(const std::string& script, const std::string& input = "") {
    command.arguments = {"/bin/sh", "-c", script};
    return run(input);
  }
  CommandEnd run(const std::string& input = "") { return run_command(command, input, *this, stop); }

  // Whether a process still runs; one that only waits to be collected does not.
  static bool is_running(const std::string& id) {
    std::ifstream file("/proc/" + id + "/stat");
    std::string number;
    std::string name;
    char state = 'X';
    file >> number >> name >> state;
    return state != 'Z' && state != 'X';
  }
  // Waits until it does not run any more.
  static bool ends(const std::string& id) {
    const auto deadline = std::chrono::steady_clock::now() + seconds{10};
    while (is_running(id) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return !is_running(id);
  }

  Command command;
  StopSignal stop;
  std::vector<std::string> lines;
  std::function<void(const std::string&)> on_line;
  int progress_count = 0;
};

TEST_F(CommandTest, GivesTheInputAndTakesTheResult) {
  const auto end = shell("cat; echo; echo progress 50 half; echo 'result {\"ok\":true}'", R"({"id":"1"})");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.result, R"({"ok":true})");
  EXPECT_THAT(lines, ElementsAre(R"({"id":"1"})"));
  EXPECT_EQ(progress_count, 1);
}

TEST_F(CommandTest, DoesNotNeedTheInputToBeRead) {
  const auto end = shell("exit 0", std::string(1'000'000, 'x'));
  EXPECT_EQ(end.exit_code, 0);
}

TEST_F(CommandTest, PassesArgumentsAsTheyAreWithoutAShell) {
  command.arguments = {"/bin/echo", "$(id)", "a b", "*"};
  EXPECT_EQ(run().result, "\"$(id) a b *\"");
}

TEST_F(CommandTest, GivesNothingButTheEnvironmentThatIsListed) {
  ::setenv("TASKGATE_TEST_LEAK", "leaked", 1);
  command.arguments = {"/usr/bin/env"};
  command.environment = {{"GREETING", "hello there"}};
  run();
  EXPECT_THAT(lines, UnorderedElementsAre("GREETING=hello there",
                                          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
  lines.clear();
  command.environment = {{"PATH", "/nowhere"}};
  run();
  EXPECT_THAT(lines, ElementsAre("PATH=/nowhere"));
}

TEST_F(CommandTest, LeavesNoDescriptorOpen) {
  const int open_one = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  shell("ls /proc/$$/fd");
  ::close(open_one);
  EXPECT_THAT(lines, ElementsAre("0", "1", "2"));
}

TEST_F(CommandTest, GivesDefaultSignalHandling) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = ::signal(SIGPIPE, SIG_IGN);
  command.arguments = {"/bin/grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"};
  run();
  ::signal(SIGPIPE, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "SigBlk:\t0000000000000000");
  // Two signals beyond the standard ones are glibc's own.
  EXPECT_EQ(std::stoull(lines[1].substr(8), nullptr, 16) & 0x7FFF'FFFF, 0U) << lines[1];
}

TEST_F(CommandTest, StartsInTheFolderThatIsSet) {
  command.working_directory = "/usr/bin";
  EXPECT_EQ(shell("pwd").result, "\"/usr/bin\"");
}

TEST_F(CommandTest, TellsTheExitCodeAndTheErrorOutput) {
  const auto end = shell("echo broken >&2; exit 75");
  EXPECT_EQ(end.exit_code, 75);
  EXPECT_EQ(end.error_output, "broken");
}

TEST_F(CommandTest, KeepsTheLastFourKibOfTheErrorOutput) {
  const auto end = shell("head -c 3000000 /dev/zero | tr '\\0' 'e' >&2; echo ' the end' >&2; exit 1");
  EXPECT_EQ(end.error_output.size(), error_output_bytes_max - 1);
  EXPECT_THAT(end.error_output, ::testing::EndsWith("eee the end"));
}

TEST_F(CommandTest, SurvivesMoreOutputThanItKeeps) {
  const auto end = shell("head -c 50000000 /dev/zero | tr '\\0' '\\n'; head -c 5000000 /dev/zero; echo; echo '[1]'");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.result, "[1]");
}

TEST_F(CommandTest, TellsWhyItCannotStart) {
  command.arguments = {"/nonexistent/program"};
  EXPECT_EQ(run().start_error, "No such file or directory");
  command.arguments = {"/etc/passwd"};
  EXPECT_EQ(run().start_error, "Permission denied");
}

TEST_F(CommandTest, TellsWhichSignalKilledIt) {
  const auto end = shell("kill -SEGV $$");
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_FALSE(end.exit_code);
}

TEST_F(CommandTest, EndsACommandThatTakesTooLong) {
  command.timeout = milliseconds{100};
  command.grace = seconds{60};
  const auto end = shell("echo working; exec sleep 1000");
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_THAT(lines, ElementsAre("working"));
}

TEST_F(CommandTest, LetsACommandThatIsToldToEndTidyUp) {
  command.grace = seconds{60};
  on_line = [this](const std::string& line) {
    if (line == "ready") stop.raise();
  };
  const auto end = shell("trap 'echo tidied; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  EXPECT_TRUE(end.stopped);
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_THAT(lines, ElementsAre("ready", "tidied"));
}

TEST_F(CommandTest, KillsACommandThatDoesNotEndWithinTheGrace) {
  command.grace = milliseconds{100};
  on_line = [this](const std::string& line) {
    if (line == "ready") stop.raise();
  };
  const auto end = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  EXPECT_TRUE(end.stopped);
  EXPECT_EQ(end.signal, SIGKILL);
}

TEST_F(CommandTest, KillsTheWholeGroup) {
  command.grace = milliseconds{100};
  on_line = [this](const std::string&) { stop.raise(); };
  shell("(trap '' TERM; while :; do sleep 0.01; done) & echo $!; wait");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(ends(lines[0]));
}

TEST_F(CommandTest, DoesNotWaitForWhatTheCommandLeftRunning) {
  const auto end = shell("sleep 1000 & echo $!; echo '{\"left\":true}'");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.result, "{\"left\":true}");
  EXPECT_TRUE(ends(lines[0]));
}

TEST_F(CommandTest, DoesNotWaitForOutputAfterItsEnd) {
  const auto end = shell("setsid sh -c 'while echo on; do :; done' & echo done");
  EXPECT_EQ(end.exit_code, 0);
}

TEST_F(CommandTest, WorksOnWhenTheOutputIsClosed) {
  const auto end = shell("exec >&- 2>&-; sleep 0.05; exit 4");
  EXPECT_EQ(end.exit_code, 4);
}

TEST_F(CommandTest, StartsNothingWhenItIsStoppedAlready) {
  stop.raise();
  const auto end = shell("echo started");
  EXPECT_TRUE(end.stopped);
  EXPECT_THAT(lines, ::testing::IsEmpty());
}

TEST_F(CommandTest, LeavesNoDescriptorOrZombieBehind) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = descriptors();
  for (int count = 0; count < 20; ++count) {
    shell("echo $$");
    command.arguments = {"/nonexistent/program"};
    run();
  }
  EXPECT_EQ(descriptors(), before);
  ASSERT_EQ(lines.size(), 20U);
  for (const std::string& id : lines) EXPECT_FALSE(std::filesystem::exists("/proc/" + id));
}

}  // namespace
}  // namespace taskgate::handlers
