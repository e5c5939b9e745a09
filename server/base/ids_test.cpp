#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/job_id_time.h"

namespace taskgate {
namespace {

Time at(std::int64_t milliseconds) { return Time{std::chrono::milliseconds{milliseconds}}; }

TEST(Ids, JobIdsCarryTheTimeAndRiseAlsoWhenTheClockIsSetBack) {
  IdGenerator ids;
  JobId last = ids.next_job_id(at(1'800'000'000'000));
  EXPECT_EQ(last.value >> 22, 1'800'000'000'000U);
  for (const std::int64_t time :
       {1'800'000'000'000LL, 1'800'000'000'000LL, 1'799'000'000'000LL, 1'800'000'000'001LL, 5LL}) {
    const JobId next = ids.next_job_id(at(time));
    EXPECT_GT(next, last);
    last = next;
  }
}

TEST(Ids, OfJobsTellTheirMillisecond) {
  IdGenerator ids;
  const Time now{std::chrono::milliseconds{1'767'225'600'123}};
  EXPECT_EQ(time_of(ids.next_job_id(now)), now);
  IdGenerator another;
  (void)another.next_job_id(now + std::chrono::milliseconds{1});
  EXPECT_GT(another.next_job_id(now - std::chrono::hours{1}), ids.next_job_id(now))
      << "ids go on rising over a restart";
}

TEST(Ids, AFullMillisecondRunsOverIntoTheNext) {
  IdGenerator ids;
  JobId last = ids.next_job_id(at(1000));
  for (int i = 0; i < (1 << 22); ++i) {
    const JobId next = ids.next_job_id(at(1000));
    ASSERT_EQ(next.value, last.value + 1);
    last = next;
  }
  EXPECT_EQ(last.value >> 22, 1001U);
}

TEST(Ids, UserIdsHaveTheLayoutOfAnObjectIdAndRise) {
  IdGenerator ids;
  UserId last = ids.next_user_id(at(0x65a0'0000LL * 1000));
  EXPECT_EQ(to_string(last).substr(0, 8), "65a00000");
  const std::string process = to_string(last).substr(8, 10);
  for (int i = 0; i < 100; ++i) {
    const UserId next = ids.next_user_id(at((0x65a0'0000LL - i % 3) * 1000));
    EXPECT_GT(next, last);
    EXPECT_EQ(to_string(next).substr(8, 10), process);
    last = next;
  }
}

TEST(Ids, AreUniqueAcrossThreads) {
  IdGenerator ids;
  std::array<std::vector<JobId>, 4> made;
  std::vector<std::thread> threads;
  for (auto& list : made) {
    threads.emplace_back([&ids, &list] {
      for (int i = 0; i < 5000; ++i) list.push_back(ids.next_job_id(at(1000)));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<JobId> all;
  for (const auto& list : made) all.insert(list.begin(), list.end());
  EXPECT_EQ(all.size(), 20'000U);
}

TEST(Ids, ReadBackWhatTheyShow) {
  IdGenerator ids;
  const JobId job = ids.next_job_id(at(1'800'000'000'000));
  const UserId user = ids.next_user_id(at(1'800'000'000'000));
  const SessionId session = ids.next_session_id();
  EXPECT_EQ(to_string(job).size(), 16U);
  EXPECT_EQ(to_string(user).size(), 24U);
  EXPECT_EQ(to_string(session).size(), 32U);
  EXPECT_EQ(parse_job_id(to_string(job)), job);
  EXPECT_EQ(parse_user_id(to_string(user)), user);
  EXPECT_EQ(parse_session_id(to_string(session)), session);
  EXPECT_EQ(to_string(JobId{0xab}), "00000000000000ab");
}

TEST(Ids, RefuseOtherLengthsAndLetters) {
  EXPECT_FALSE(parse_job_id(""));
  EXPECT_FALSE(parse_job_id("00000000000000AB"));
  EXPECT_FALSE(parse_job_id("00000000000000ab0"));
  EXPECT_FALSE(parse_job_id("00000000000000a"));
  EXPECT_FALSE(parse_job_id("0x000000000000ab"));
  EXPECT_FALSE(parse_user_id("65a00000000000000000000"));
  EXPECT_FALSE(parse_user_id("65a00000000000000000000g"));
  EXPECT_FALSE(parse_session_id("00112233445566778899aabbccddeef"));
}

}  // namespace
}  // namespace taskgate
