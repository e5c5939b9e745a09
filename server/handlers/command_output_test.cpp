#include "handlers/command_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace taskgate::handlers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class CommandOutputTest : public ::testing::Test, public CommandListener {
 protected:
  void progress(double percent, std::string message) override {
    progress_seen.emplace_back(percent, std::move(message));
  }
  void log(std::string line) override { lines.push_back(std::move(line)); }

  std::vector<std::pair<double, std::string>> progress_seen;
  std::vector<std::string> lines;
  CommandOutput output{*this};
};

TEST_F(CommandOutputTest, TellsProgressFromLogLines) {
  output.take("progress 12.5 First page\nprogress 100\nprogress\nprogress soon\nprogress 5x\nplain\r\n\n");
  EXPECT_THAT(progress_seen, ElementsAre(Pair(12.5, "First page"), Pair(100.0, "")));
  EXPECT_THAT(lines, ElementsAre("progress", "progress soon", "progress 5x", "plain"));
}

TEST_F(CommandOutputTest, ReadsLinesThatComeInPieces) {
  for (const char byte : std::string("progress 4 a\nresult [1]\nlast")) output.take({&byte, 1});
  EXPECT_THAT(lines, IsEmpty());
  output.end();
  EXPECT_THAT(lines, ElementsAre("last"));
  EXPECT_THAT(progress_seen, ElementsAre(Pair(4.0, "a")));
  EXPECT_EQ(output.result(), "[1]");
}

TEST_F(CommandOutputTest, TakesTheLastLineForTheResult) {
  output.take("first\n{\"pages\":3}\nprogress 100\n");
  output.end();
  EXPECT_EQ(output.result(), "{\"pages\":3}");
}

TEST_F(CommandOutputTest, QuotesALastLineThatIsNoJson) {
  output.take("abc  -");
  output.end();
  EXPECT_EQ(output.result(), "\"abc  -\"");
}

TEST_F(CommandOutputTest, GivesNullForNoOutput) {
  output.end();
  EXPECT_EQ(output.result(), "null");
}

TEST_F(CommandOutputTest, RefusesAResultThatIsNoJson) {
  output.take("result {\"pages\":\n");
  output.end();
  EXPECT_FALSE(output.result());
  EXPECT_THAT(output.complaint(), ::testing::StartsWith("The result is not valid JSON"));
}

TEST_F(CommandOutputTest, LetsTheLastResultCount) {
  output.take("result nonsense\nresult 2\nbye\n");
  output.end();
  EXPECT_EQ(output.result(), "2");
}

TEST_F(CommandOutputTest, RefusesAResultThatIsTooLong) {
  output.take("result \"" + std::string(CommandOutput::result_bytes_max, 'x') + "\"\n");
  output.end();
  EXPECT_FALSE(output.result());
  EXPECT_EQ(output.complaint(), "The result has more than 256 KiB");
}

TEST_F(CommandOutputTest, TakesALineOfAnyLengthWithoutKeepingIt) {
  for (int count = 0; count < 100; ++count) output.take(std::string(100'000, 'x'));
  output.take("\nshort\n");
  output.end();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), 4U * 1024);
  EXPECT_EQ(output.result(), "\"short\"");
}

TEST_F(CommandOutputTest, RefusesALastLineThatIsTooLong) {
  output.take(std::string(1'000'000, 'x'));
  output.end();
  EXPECT_FALSE(output.result());
  EXPECT_EQ(output.complaint(), "The result has more than 256 KiB");
}

TEST_F(CommandOutputTest, LogsAThousandLinesAndNoMore) {
  for (int count = 0; count < 5'000; ++count) output.take("line\n");
  ASSERT_EQ(lines.size(), CommandOutput::log_lines_max + 1);
  EXPECT_EQ(lines.back(), "further lines are not shown");
}

TEST(Tail, KeepsTheLastBytes) {
  Tail tail(5);
  tail.take("abc");
  EXPECT_EQ(tail.bytes(), "abc");
  tail.take("defg");
  EXPECT_EQ(tail.bytes(), "cdefg");
  tail.take("0123456789");
  EXPECT_EQ(tail.bytes(), "56789");
}

}  // namespace
}  // namespace taskgate::handlers
