#include "store/sqlite/waiting_jobs.h"

#include <gtest/gtest.h>

namespace taskgate::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1'000'000ms};

TEST(WaitingJobs, AreTakenInTheOrderOfTheirTimeAndNotBefore) {
  WaitingJobs waiting;
  waiting.add("mail", start + 30ms, JobId{1});
  waiting.add("video", start + 10ms, JobId{2});
  waiting.add("mail", start + 20ms, JobId{3});
  EXPECT_EQ(waiting.take_due(start + 9ms), std::nullopt);
  EXPECT_EQ(waiting.take_due(start + 20ms), JobId{2});
  EXPECT_EQ(waiting.take_due(start + 20ms), JobId{3});
  EXPECT_EQ(waiting.take_due(start + 20ms), std::nullopt);
  EXPECT_EQ(waiting.take_due(start + 30ms), JobId{1});
  EXPECT_EQ(waiting.take_due(start + 1h), std::nullopt);
}

TEST(WaitingJobs, TellTheNextTimeOfTheSelectedTypesOnly) {
  WaitingJobs waiting;
  waiting.add("mail", start + 30ms, JobId{1});
  waiting.add("video", start + 10ms, JobId{2});
  EXPECT_EQ(waiting.next_due({{"mail", "fax"}, false}), start + 30ms);
  EXPECT_EQ(waiting.next_due({{"mail", "video"}, false}), start + 10ms);
  EXPECT_EQ(waiting.next_due({{"video"}, true}), start + 30ms);
  EXPECT_EQ(waiting.next_due({{}, true}), start + 10ms);
  EXPECT_EQ(waiting.next_due({{"fax"}, false}), std::nullopt);
  EXPECT_EQ(waiting.next_due({{"mail", "video"}, true}), std::nullopt);
}

TEST(WaitingJobs, ForgetWhatIsRemoved) {
  WaitingJobs waiting;
  waiting.add("mail", start, JobId{1});
  waiting.add("mail", start + 1ms, JobId{2});
  EXPECT_TRUE(waiting.remove("mail", start, JobId{1}));
  EXPECT_FALSE(waiting.remove("mail", start, JobId{1}));
  EXPECT_FALSE(waiting.remove("fax", start, JobId{1}));
  EXPECT_EQ(waiting.next_due({{}, true}), start + 1ms);
  waiting.clear();
  EXPECT_EQ(waiting.take_due(start + 1h), std::nullopt);
}

}  // namespace
}  // namespace taskgate::sqlite
