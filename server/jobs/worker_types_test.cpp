#include "jobs/worker_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Time start{milliseconds{1'767'225'600'000}};

TEST(WorkerTypes, LeavesATypeAloneUntilTheGraceIsOver) {
  WorkerTypes types;
  types.heard({"mail"}, start, start);
  EXPECT_TRUE(types.leaves_alone("mail", start + WorkerTypes::grace - milliseconds{1}));
  EXPECT_FALSE(types.leaves_alone("mail", start + WorkerTypes::grace));
  EXPECT_FALSE(types.leaves_alone("other", start));
  types.heard({"mail"}, start + minutes{5}, start + minutes{5});
  EXPECT_TRUE(types.leaves_alone("mail", start + WorkerTypes::grace));
}

TEST(WorkerTypes, CountsTheGraceFromTheEndOfALease) {
  WorkerTypes types;
  types.heard({"long"}, start + minutes{60}, start);
  types.heard({"long"}, start + minutes{1}, start + minutes{1});
  EXPECT_TRUE(types.leaves_alone("long", start + minutes{69}));
  EXPECT_FALSE(types.leaves_alone("long", start + minutes{70}));
}

TEST(WorkerTypes, SaysWhenTheFirstIsFreeAgain) {
  WorkerTypes types;
  EXPECT_FALSE(types.at(start).until);
  types.heard({"b"}, start, start);
  types.heard({"a"}, start + minutes{1}, start + minutes{1});
  const auto both = types.at(start + minutes{2});
  EXPECT_THAT(both.types, ElementsAre("a", "b"));
  EXPECT_EQ(both.until, start + WorkerTypes::grace);
  EXPECT_THAT(types.at(start + WorkerTypes::grace).types, ElementsAre("a"));
  EXPECT_THAT(types.at(start + minutes{20}).types, IsEmpty());
}

TEST(WorkerTypes, IsKeptOverARestart) {
  std::string kept;
  int saves = 0;
  const auto save = [&](const std::string& text) {
    kept = text;
    ++saves;
  };
  WorkerTypes before("", save);
  before.heard({"Send mail", "resize"}, start, start);
  EXPECT_EQ(saves, 1);
  before.heard({"resize"}, start + seconds{59}, start + seconds{59});
  EXPECT_EQ(saves, 1) << "nothing new, and a minute has not passed";
  before.heard({"resize"}, start + seconds{60}, start + seconds{60});
  EXPECT_EQ(saves, 2);

  const WorkerTypes after(kept);
  EXPECT_THAT(after.at(start + minutes{9}).types, ElementsAre("Send mail", "resize"));
  EXPECT_THAT(after.at(start + minutes{10}).types, ElementsAre("resize"));
}

TEST(WorkerTypes, SkipsLinesThatMakeNoSense) {
  const std::string soon = std::to_string((start + minutes{1}).time_since_epoch().count());
  const WorkerTypes types("nonsense\n" + soon + "\n" + soon + " \n\n" + soon + " mail");
  EXPECT_THAT(types.at(start).types, ElementsAre("mail"));
}

TEST(WorkerTypes, RemembersNoMoreThanItsLimit) {
  WorkerTypes types;
  for (std::size_t number = 0; number < WorkerTypes::types_max; ++number) {
    types.heard({"type " + std::to_string(number)}, start, start);
  }
  types.heard({"one more"}, start, start);
  EXPECT_EQ(types.at(start).types.size(), WorkerTypes::types_max);
  EXPECT_FALSE(types.leaves_alone("one more", start));
  const Time later = start + WorkerTypes::grace;
  types.heard({"one more"}, later, later);
  EXPECT_THAT(types.at(later).types, ElementsAre("one more"));
}

}  // namespace
}  // namespace taskgate::jobs
