#include "jobs/ready_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <tuple>

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

const TypeSelection everything{{}, true};
constexpr Time now{1'000'000ms};

UserId user(int number) {
  UserId id;
  id.bytes[11] = static_cast<std::uint8_t>(number);
  id.bytes[10] = static_cast<std::uint8_t>(number >> 8);
  return id;
}

ReadyJob job(std::uint64_t id, int user_number, double priority = 0, std::string type = "mail") {
  return {JobId{id}, user(user_number), std::move(type), priority};
}

std::vector<std::uint64_t> drain(ReadyQueue& queue, const TypeSelection& types = everything) {
  std::vector<std::uint64_t> order;
  while (const auto next = queue.pop(types, now)) order.push_back(next->id.value);
  return order;
}

TEST(ReadyQueue, StartsTheTenBeforeThreeZeros) {
  ReadyQueue queue;
  for (std::uint64_t id = 1; id <= 3; ++id) queue.push(job(id, 1, 0));
  queue.push(job(4, 1, 10));
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{4, 1, 2, 3}));
}

TEST(ReadyQueue, KeepsToPriorityAcrossUsers) {
  ReadyQueue queue(0);
  queue.push(job(1, 1, -5));
  queue.push(job(2, 2, 0.5));
  queue.push(job(3, 3, 1e300));
  queue.push(job(4, 1, 0.25));
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{3, 2, 4, 1}));
}

TEST(ReadyQueue, PutsAJobThatComesBackAtItsPlaceByAge) {
  ReadyQueue queue;
  queue.push(job(1, 1));
  queue.push(job(2, 1));
  ASSERT_EQ(queue.pop(everything, now)->id.value, 1U);
  queue.finish(JobId{1});
  queue.push(job(1, 1));
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{1, 2}));
}

TEST(ReadyQueue, GivesOneUsersJobsAlone) {
  ReadyQueue queue;
  queue.push(job(1, 1, 0));
  queue.push(job(2, 2, 5));
  queue.push(job(3, 1, 3, "video"));
  queue.push(job(4, 1, 3));
  EXPECT_FALSE(queue.pop(everything, now, user(3)));
  EXPECT_EQ(queue.pop({{"video", "fax"}, false}, now, user(1))->id.value, 3U);
  EXPECT_EQ(queue.pop({{"video"}, true}, now, user(1))->id.value, 4U);
  EXPECT_EQ(queue.pop(everything, now, user(1))->id.value, 1U);
  EXPECT_FALSE(queue.pop(everything, now, user(1)));
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{2}));
}

TEST(ReadyQueue, CountsAClaimForOneUserAsItsTurn) {
  ReadyQueue queue(0);
  for (std::uint64_t id = 1; id <= 4; ++id) queue.push(job(id, id % 2 == 1 ? 1 : 2));
  EXPECT_EQ(queue.pop(everything, now, user(1))->id.value, 1U);
  EXPECT_EQ(queue.pop(everything, now)->id.value, 2U);
  EXPECT_EQ(queue.pop(everything, now)->id.value, 3U);
}

TEST(ReadyQueue, LetsUsersTakeTurns) {
  ReadyQueue queue;
  for (std::uint64_t id = 1; id <= 3; ++id) queue.push(job(id, 1));
  for (std::uint64_t id = 11; id <= 13; ++id) queue.push(job(id, 2));
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{1, 11, 2, 12, 3, 13}));
}

TEST(ReadyQueue, DelaysTheFirstJobOfAnotherByOneJobNotByAMillion) {
  ReadyQueue queue;
  constexpr std::uint64_t backlog = 1'000'000;
  for (std::uint64_t id = 1; id <= backlog; ++id) queue.push(job(id, 1, 0, id % 2 == 0 ? "mail" : "report"));
  for (int claim = 0; claim < 1000; ++claim) ASSERT_TRUE(queue.pop(everything, now));
  queue.push(job(backlog + 1, 2));
  std::vector<std::uint64_t> next = {queue.pop(everything, now)->id.value, queue.pop(everything, now)->id.value};
  EXPECT_TRUE(std::count(next.begin(), next.end(), backlog + 1) == 1) << "started " << next[0] << ", " << next[1];
}

TEST(ReadyQueue, DoesNotPunishAUserForItsUrgentJobs) {
  ReadyQueue queue(0);
  for (std::uint64_t id = 1; id <= 100; ++id) queue.push(job(id, 1));
  for (std::uint64_t id = 201; id <= 250; ++id) queue.push(job(id, 2, 5));
  for (int claim = 0; claim < 50; ++claim) ASSERT_GE(queue.pop(everything, now)->id.value, 201U);
  queue.push(job(300, 2));
  std::vector<std::uint64_t> next = {queue.pop(everything, now)->id.value, queue.pop(everything, now)->id.value};
  EXPECT_TRUE(std::count(next.begin(), next.end(), 300U) == 1) << "started " << next[0] << ", " << next[1];
}

TEST(ReadyQueue, GivesNoExtraTurnsToAUserWhoSubmitsOneJobAtATime) {
  ReadyQueue queue(0);
  for (std::uint64_t id = 1; id <= 100; ++id) queue.push(job(id, 1));
  std::uint64_t next_id = 1000;
  int claims_of_other = 0;
  queue.push(job(next_id, 2));
  for (int claim = 0; claim < 50; ++claim) {
    if (queue.pop(everything, now)->user_id != user(2)) continue;
    ++claims_of_other;
    queue.push(job(++next_id, 2));
  }
  EXPECT_EQ(claims_of_other, 25);
}

TEST(ReadyQueue, SharesByWeight) {
  ReadyQueue queue(0);
  queue.set_user_control(user(2), {std::nullopt, 3, std::nullopt});
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    queue.push(job(id, 1));
    queue.push(job(10'000 + id, 2));
  }
  int heavy = 0;
  for (int claim = 0; claim < 400; ++claim) heavy += queue.pop(everything, now)->user_id == user(2) ? 1 : 0;
  EXPECT_EQ(heavy, 300);
}

TEST(ReadyQueue, LetsNobodyStarveBehindAFloodOfUrgentJobs) {
  ReadyQueue queue(8);
  for (std::uint64_t id = 1; id <= 100; ++id) queue.push(job(id, 1, 100));
  queue.push(job(500, 2, -100));
  std::size_t claims = 1;
  while (queue.pop(everything, now)->id.value != 500) ++claims;
  EXPECT_LE(claims, 8U);
}

TEST(ReadyQueue, KeepsStrictPriorityForASingleUserDespiteTheGuard) {
  ReadyQueue queue(2);
  for (std::uint64_t id = 1; id <= 50; ++id) queue.push(job(id, 1, static_cast<double>(id % 10)));
  double last = std::numeric_limits<double>::infinity();
  while (const auto next = queue.pop(everything, now)) {
    EXPECT_LE(next->priority, last);
    last = next->priority;
  }
}

TEST(ReadyQueue, HonoursTheSelectionOfTypes) {
  ReadyQueue queue;
  queue.push(job(1, 1, 0, "a"));
  queue.push(job(2, 1, 9, "b"));
  queue.push(job(3, 2, 0, "c"));
  EXPECT_FALSE(queue.pop({{}, false}, now));
  EXPECT_FALSE(queue.pop({{"d"}, false}, now));
  EXPECT_FALSE(queue.pop({{"a", "b", "c"}, true}, now));
  EXPECT_EQ(queue.pop({{"c", "a", "a"}, false}, now)->id.value, 1U);
  EXPECT_EQ(queue.pop({{"b", "a"}, true}, now)->id.value, 3U);
  EXPECT_EQ(queue.pop({{"a", "b"}, false}, now)->id.value, 2U);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(ReadyQueue, CountsWhatStartsBefore) {
  ReadyQueue queue;
  queue.push(job(5, 1, 0));
  queue.push(job(6, 2, 1));
  queue.push(job(4, 2, 0));
  EXPECT_EQ(queue.position(JobId{6}), 0U);
  EXPECT_EQ(queue.position(JobId{4}), 1U);
  EXPECT_EQ(queue.position(JobId{5}), 2U);
  EXPECT_FALSE(queue.position(JobId{7}));
}

TEST(ReadyQueue, RemovesOnlyWhatIsThere) {
  ReadyQueue queue;
  queue.push(job(1, 1));
  EXPECT_TRUE(queue.contains(JobId{1}));
  EXPECT_TRUE(queue.remove(JobId{1}));
  EXPECT_FALSE(queue.remove(JobId{1}));
  EXPECT_FALSE(queue.contains(JobId{1}));
  EXPECT_FALSE(queue.pop(everything, now));
}

class ReadyQueueLimits : public ::testing::Test {
 protected:
  // Of the jobs that were popped and have not finished.
  std::vector<std::uint64_t> pop_all(Time at = now) {
    std::vector<std::uint64_t> ids;
    while (const auto next = queue.pop(everything, at)) ids.push_back(next->id.value);
    return ids;
  }
  StandingReason reason(std::uint64_t id, Time at = now) const { return queue.hindrance(JobId{id}, at)->reason; }
  using Ids = std::vector<std::uint64_t>;
  ReadyQueue queue{0};
};

TEST_F(ReadyQueueLimits, LetNoMoreOfATypeRunThanMay) {
  queue.set_type_control("mail", {false, 2, std::nullopt, std::nullopt}, now);
  for (std::uint64_t id = 1; id <= 4; ++id) queue.push(job(id, static_cast<int>(id)));
  queue.push(job(9, 1, 0, "video"));
  EXPECT_EQ(pop_all(), (Ids{1, 2, 9}));
  EXPECT_EQ(reason(3), StandingReason::type_limit);
  EXPECT_EQ(queue.hindrance(JobId{3}, now)->limit, 2);
  EXPECT_FALSE(queue.finish(JobId{9})) << "nobody waited for that slot";
  EXPECT_TRUE(queue.finish(JobId{2}));
  EXPECT_FALSE(queue.finish(JobId{2})) << "a slot is given back once";
  EXPECT_EQ(pop_all(), (Ids{3}));
}

TEST_F(ReadyQueueLimits, LetNoMoreOfAUserRunThanMay) {
  queue.set_user_control(user(1), {1, 1, std::nullopt});
  queue.push(job(1, 1));
  queue.push(job(2, 1, 9, "video"));
  queue.push(job(3, 2));
  EXPECT_EQ(pop_all(), (Ids{2, 3}));
  EXPECT_EQ(reason(1), StandingReason::user_limit);
  EXPECT_TRUE(queue.finish(JobId{2}));
  EXPECT_EQ(pop_all(), (Ids{1}));
}

TEST_F(ReadyQueueLimits, LetNoMoreOfAUserAndTypeRunThanMay) {
  queue.set_type_control("mail", {false, std::nullopt, 1, std::nullopt}, now);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    queue.push(job(id, 1));
    queue.push(job(id + 10, 2));
    queue.push(job(id + 20, 1, -1, "video"));
  }
  EXPECT_EQ(pop_all(), (Ids{1, 11, 21, 22}));
  EXPECT_EQ(reason(2), StandingReason::user_limit);
  EXPECT_EQ(queue.hindrance(JobId{2}, now)->limit, 1);
  EXPECT_TRUE(queue.finish(JobId{11}));
  EXPECT_EQ(pop_all(), (Ids{12}));
}

TEST_F(ReadyQueueLimits, CountWhatRanBeforeTheLimitWasSet) {
  for (std::uint64_t id = 1; id <= 3; ++id) queue.push(job(id, 1));
  EXPECT_EQ(queue.pop(everything, now)->id.value, 1U);
  EXPECT_EQ(queue.pop(everything, now)->id.value, 2U);
  queue.set_type_control("mail", {false, 1, std::nullopt, std::nullopt}, now);
  EXPECT_FALSE(queue.finish(JobId{1}));
  EXPECT_TRUE(pop_all().empty());
  EXPECT_TRUE(queue.finish(JobId{2}));
  EXPECT_EQ(pop_all(), (Ids{3}));
}

TEST_F(ReadyQueueLimits, PauseAndResumeTypesAndQueues) {
  queue.push(job(1, 1));
  ReadyJob slow = job(2, 1);
  slow.queue = "slow";
  queue.push(slow);
  queue.push(job(3, 1, 0, "video"));
  queue.set_queue_control("slow", {true});
  queue.set_type_control("video", {true, std::nullopt, std::nullopt, std::nullopt}, now);
  EXPECT_EQ(pop_all(), (Ids{1}));
  EXPECT_EQ(reason(2), StandingReason::paused);
  EXPECT_TRUE(queue.hindrance(JobId{2}, now)->queue_is_paused);
  EXPECT_EQ(reason(3), StandingReason::paused);
  EXPECT_FALSE(queue.hindrance(JobId{3}, now)->queue_is_paused);
  queue.set_queue_control("slow", {});
  queue.set_type_control("video", {}, now);
  EXPECT_EQ(pop_all(), (Ids{2, 3}));
}

TEST_F(ReadyQueueLimits, SpreadStartsOverTime) {
  queue.set_type_control("mail", {false, std::nullopt, std::nullopt, StartRate{2, 1s}}, now);
  for (std::uint64_t id = 1; id <= 9; ++id) queue.push(job(id, 1));
  EXPECT_EQ(pop_all(), (Ids{1, 2})) << "the bucket was full";
  EXPECT_EQ(reason(3), StandingReason::rate_limit);
  EXPECT_EQ(queue.hindrance(JobId{3}, now)->until, now + 500ms);
  EXPECT_EQ(queue.next_start(everything), now + 500ms);
  EXPECT_EQ(queue.next_start({{"video"}, false}), std::nullopt);
  EXPECT_TRUE(pop_all(now + 499ms).empty());
  EXPECT_EQ(pop_all(now + 500ms), (Ids{3}));
  EXPECT_EQ(pop_all(now + 10s), (Ids{4, 5})) << "it holds no more than two";
  const auto levels = queue.take_changed_levels();
  ASSERT_EQ(levels.size(), 1U);
  EXPECT_EQ(levels[0].second, (StartBucket::Level{0, now + 10s}));
  EXPECT_TRUE(pop_all(now + 1s).empty()) << "the clock was set back";
  EXPECT_EQ(pop_all(now + 1500ms), (Ids{6})) << "and nobody waits until it comes to where it was";
}

TEST_F(ReadyQueueLimits, KeepTheLevelOfABucketThatWasKept) {
  queue.set_type_control("mail", {false, std::nullopt, std::nullopt, StartRate{1, 1s}}, now,
                         StartBucket::Level{0, now});
  queue.push(job(1, 1));
  EXPECT_TRUE(pop_all(now + 999ms).empty());
  EXPECT_EQ(pop_all(now + 1s), (Ids{1}));
}

TEST_F(ReadyQueueLimits, GiveNobodyTwoSlots) {
  queue.set_type_control("mail", {false, 1, std::nullopt, std::nullopt}, now);
  queue.start(job(1, 1));
  queue.start(job(1, 1));
  queue.push(job(2, 1));
  EXPECT_EQ(queue.running(), 1U);
  EXPECT_TRUE(pop_all().empty());
  EXPECT_TRUE(queue.finish(JobId{1}));
  EXPECT_EQ(pop_all(), (Ids{2}));
}

TEST_F(ReadyQueueLimits, CostNothingForABlockedBacklog) {
  // Many jobs of users at their limit in front of one that may start: were they looked at, this would take minutes.
  constexpr std::uint64_t users = 1'000;
  queue.set_type_control("mail", {false, std::nullopt, 1, std::nullopt}, now);
  for (std::uint64_t id = 1; id <= 200'000; ++id) queue.push(job(id, static_cast<int>(id % users), 5));
  while (queue.pop(everything, now)) {
  }
  EXPECT_EQ(queue.running(), users);
  for (std::uint64_t id = 1'000'000; id < 1'020'000; ++id) {
    queue.push(job(id, 5000, -5));
    ASSERT_EQ(queue.pop(everything, now)->id.value, id);
    queue.finish(JobId{id});
    ASSERT_FALSE(queue.pop(everything, now));
  }
}

TEST_F(ReadyQueueLimits, ShowLiveFigures) {
  queue.set_type_control("mail", {false, 1, std::nullopt, std::nullopt}, now);
  queue.push(job(1, 1));
  queue.push(job(2, 1));
  ASSERT_TRUE(queue.pop(everything, now));
  ASSERT_EQ(queue.types().size(), 1U);
  EXPECT_EQ(queue.types()[0].live, (LiveFigures{1, 0, 1}));
  ASSERT_EQ(queue.queues().size(), 1U);
  EXPECT_EQ(queue.queues()[0].live, (LiveFigures{1, 0, 1}));
  EXPECT_EQ(queue.running_of(user(1)), 1U);
  queue.finish(JobId{1});
  queue.remove(JobId{2});
  EXPECT_TRUE(queue.queues().empty());
  queue.set_type_control("mail", {}, now);
  EXPECT_TRUE(queue.types().empty());
}

// The rules of ready_queue.h written down as plainly as possible: every claim looks at every job.
class NaiveQueue {
 public:
  explicit NaiveQueue(std::uint32_t fair_share_every) : fair_share_every_(fair_share_every) {}

  void push(const ReadyJob& added) {
    Turn& turn = turns_[added.user_id];
    if (!has_jobs(added.user_id)) {
      turn.virtual_time = std::max(turn.virtual_time, virtual_time_);
      turn.waiting_since = ++moment_;
    }
    jobs_.emplace(added.id, added);
  }
  bool remove(JobId id) { return jobs_.erase(id) == 1; }
  void start(const ReadyJob& job) { running_.emplace(job.id, job); }
  void finish(JobId id) { running_.erase(id); }
  void set_type(const std::string& type, const TypeControl& control, Time at) {
    pass_time(at);
    if (control.rate && control.rate != types_[type].rate)
      credits_[type] = control.rate->starts * control.rate->window.count();
    types_[type] = control;
  }
  void set_queue(const std::string& queue, const QueueControl& control) { queues_[queue] = control; }
  void set_user(UserId id, const UserControl& control) { users_[id] = control; }

  std::optional<ReadyJob> pop(const TypeSelection& types, Time at, const std::optional<UserId>& only) {
    pass_time(at);
    const bool fair_share = fair_share_every_ > 0 && (claims_ + 1) % fair_share_every_ == 0;
    const ReadyJob* best = nullptr;
    for (const auto& [id, each] : jobs_) {
      const bool listed = std::find(types.types.begin(), types.types.end(), each.type) != types.types.end();
      if (listed == types.all_but || hindrance(each)) continue;
      if (only && *only != each.user_id) continue;
      if (best == nullptr || rank(each, fair_share) < rank(*best, fair_share)) best = &each;
    }
    if (best == nullptr) return std::nullopt;
    ReadyJob taken = *best;
    jobs_.erase(taken.id);
    running_.emplace(taken.id, taken);
    if (!only) ++claims_;
    Turn& turn = turns_[taken.user_id];
    virtual_time_ = std::max(virtual_time_, turn.virtual_time);
    turn.virtual_time = virtual_time_ + 1 / users_[taken.user_id].weight;
    turn.waiting_since = ++moment_;
    if (const auto& rate = types_[taken.type].rate) credits_[taken.type] -= rate->window.count();
    return taken;
  }
  // Nothing when the job may start.
  [[nodiscard]] std::optional<StandingReason> hindrance(const ReadyJob& job) {
    const TypeControl& type = types_[job.type];
    const auto runs = [&](auto same) {
      return std::count_if(running_.begin(), running_.end(), [&](const auto& each) { return same(each.second); });
    };
    const auto same_type = [&](const ReadyJob& each) { return each.type == job.type; };
    const auto same_user = [&](const ReadyJob& each) { return each.user_id == job.user_id; };
    const auto same_both = [&](const ReadyJob& each) { return same_type(each) && same_user(each); };
    if (type.paused || queues_[job.queue].paused) return StandingReason::paused;
    if (type.concurrency && runs(same_type) >= *type.concurrency) return StandingReason::type_limit;
    const auto& of_user = users_[job.user_id].concurrency;
    if (of_user && runs(same_user) >= *of_user) return StandingReason::user_limit;
    if (type.concurrency_per_user && runs(same_both) >= *type.concurrency_per_user) return StandingReason::user_limit;
    if (type.rate && credits_[job.type] < type.rate->window.count()) return StandingReason::rate_limit;
    return std::nullopt;
  }
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }
  [[nodiscard]] std::size_t position(JobId id) {
    const ReadyJob& asked = jobs_.at(id);
    return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& each) {
      const ReadyJob& other = each.second;
      if (other.type != asked.type || hindrance(other)) return false;
      return other.priority > asked.priority || (other.priority == asked.priority && other.id < asked.id);
    }));
  }
  [[nodiscard]] const std::map<JobId, ReadyJob>& jobs() const { return jobs_; }
  [[nodiscard]] const std::map<JobId, ReadyJob>& running() const { return running_; }

 private:
  struct Turn {
    double virtual_time = 0;
    std::uint64_t waiting_since = 0;
  };
  using Rank = std::tuple<double, double, std::uint64_t, UserId, double, JobId>;

  [[nodiscard]] Rank rank(const ReadyJob& each, bool fair_share) const {
    const Turn& turn = turns_.at(each.user_id);
    if (fair_share) return {0, 0, turn.waiting_since, each.user_id, -each.priority, each.id};
    return {-each.priority, turn.virtual_time, turn.waiting_since, each.user_id, 0, each.id};
  }
  [[nodiscard]] bool has_jobs(UserId id) const {
    return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& each) { return each.second.user_id == id; });
  }
  // Every bucket gains for each millisecond that has passed; none while the clock goes back.
  void pass_time(Time at) {
    for (; now_ < at; now_ += 1ms) {
      for (auto& [type, credit] : credits_) {
        if (const auto& rate = types_[type].rate)
          credit = std::min(credit + rate->starts, rate->starts * rate->window.count());
      }
    }
    now_ = at;
  }

  std::uint32_t fair_share_every_;
  std::uint64_t claims_ = 0;
  std::uint64_t moment_ = 0;
  double virtual_time_ = 0;
  Time now_ = now;
  std::map<JobId, ReadyJob> jobs_;
  std::map<JobId, ReadyJob> running_;
  std::map<UserId, Turn> turns_;
  std::map<UserId, UserControl> users_;
  std::map<std::string, TypeControl> types_;
  std::map<std::string, QueueControl> queues_;
  std::map<std::string, std::int64_t> credits_;
};

enum class Play { order, limits };

class History {
 public:
  History(std::uint64_t seed, Play play)
      : random_(seed),
        limits_(play == Play::limits),
        fair_share_every_(pick({0U, 1U, 2U, 8U})),
        queue_(fair_share_every_),
        model_(fair_share_every_) {
    users_ = pick({1, 2, 5});
    types_ = pick({1, 3, 6});
  }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step) {
      const int choice = below(100);
      if (choice < 38) {
        push();
      } else if (choice < 68) {
        pop();
      } else if (choice < 82) {
        finish();
      } else if (choice < 90) {
        remove();
      } else if (choice < 92) {
        now_ += std::chrono::milliseconds{below(10) == 0 ? -below(50) : below(30)};
      } else {
        control();
      }
      ASSERT_EQ(queue_.size(), model_.size());
      ASSERT_EQ(queue_.running(), model_.running().size());
    }
    lift_controls();
    while (model_.size() > 0 && !::testing::Test::HasFatalFailure()) pop_from(everything, std::nullopt);
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + below(static_cast<int>(values.size())));
  }
  std::string type() { return std::string(1, static_cast<char>('a' + below(types_))); }
  std::string queue() { return limits_ ? pick<std::string>({"default", "default", "slow", "fast"}) : "default"; }
  std::optional<std::int64_t> limit() {
    if (below(3) == 0) return std::nullopt;
    return 1 + below(3);
  }

  void push() {
    // Ids mostly rise; sometimes an older job comes back.
    std::uint64_t id = next_id_ += 2;
    if (below(4) == 0 && id > 20) id = id - 2 * static_cast<std::uint64_t>(below(9)) - 1;
    if (queue_.contains(JobId{id}) || queue_.holds_slot(JobId{id})) return;
    const ReadyJob added = {JobId{id}, user(below(users_)), type(), pick({0.0, 0.0, 1.0, -1.0, 2.5}), queue()};
    if (limits_ && below(20) == 0) {
      queue_.start(added);
      model_.start(added);
    } else {
      queue_.push(added);
      model_.push(added);
    }
  }
  void pop() {
    TypeSelection selection;
    selection.all_but = below(2) == 0;
    for (int count = below(4); count > 0; --count) selection.types.push_back(type());
    const auto only = below(6) == 0 ? std::optional(user(below(users_))) : std::nullopt;
    pop_from(selection, only);
  }
  void pop_from(const TypeSelection& selection, const std::optional<UserId>& only) {
    const auto expected = model_.pop(selection, now_, only);
    const auto got = queue_.pop(selection, now_, only);
    ASSERT_EQ(got.has_value(), expected.has_value());
    if (!got) return;
    ASSERT_EQ(got->id, expected->id);
    EXPECT_EQ(got->user_id, expected->user_id);
    EXPECT_EQ(got->type, expected->type);
    EXPECT_EQ(got->priority, expected->priority);
    EXPECT_EQ(got->queue, expected->queue);
    EXPECT_FALSE(queue_.contains(got->id));
    EXPECT_TRUE(queue_.holds_slot(got->id));
  }
  std::size_t startable() {
    return static_cast<std::size_t>(std::count_if(model_.jobs().begin(), model_.jobs().end(),
                                                  [&](const auto& each) { return !model_.hindrance(each.second); }));
  }
  void finish() {
    if (model_.running().empty()) return;
    const auto chosen = std::next(model_.running().begin(), below(static_cast<int>(model_.running().size())));
    const JobId id = chosen->first;
    const std::size_t before = startable();
    model_.finish(id);
    const bool freed = queue_.finish(id);
    EXPECT_TRUE(freed || startable() == before) << "jobs that may start now must be announced";
    EXPECT_FALSE(queue_.finish(id));
  }
  void remove() {
    if (model_.size() == 0) return;
    const auto chosen = std::next(model_.jobs().begin(), below(static_cast<int>(model_.size())));
    const JobId id = chosen->first;
    // A claim that takes nothing lets both know what time it is.
    pop_from({{}, false}, std::nullopt);
    EXPECT_EQ(queue_.hindrance(id, now_)->reason, model_.hindrance(chosen->second).value_or(StandingReason::behind));
    EXPECT_EQ(queue_.position(id), model_.position(id));
    EXPECT_TRUE(queue_.remove(id));
    EXPECT_TRUE(model_.remove(id));
  }
  void control() {
    const UserId whose = user(below(users_));
    if (!limits_) return set_user(whose, {std::nullopt, pick({0.5, 1.0, 2.0, 3.0}), std::nullopt});
    switch (below(4)) {
      case 0:
        return set_user(whose, {limit(), pick({0.5, 1.0, 2.0}), std::nullopt});
      case 1: {
        const QueueControl control{below(2) == 0};
        const std::string which = queue();
        queue_.set_queue_control(which, control);
        return model_.set_queue(which, control);
      }
      default: {
        TypeControl control{below(4) == 0, limit(), limit(), std::nullopt};
        if (below(2) == 0) control.rate = StartRate{1 + below(3), std::chrono::milliseconds{1 + below(20)}};
        return set_type(type(), control);
      }
    }
  }
  void set_user(UserId whose, const UserControl& control) {
    queue_.set_user_control(whose, control);
    model_.set_user(whose, control);
  }
  void set_type(const std::string& which, const TypeControl& control) {
    queue_.set_type_control(which, control, now_);
    model_.set_type(which, control, now_);
  }
  void lift_controls() {
    for (int number = 0; number < users_; ++number) set_user(user(number), {});
    for (const char* which : {"default", "slow", "fast"}) {
      queue_.set_queue_control(which, {});
      model_.set_queue(which, {});
    }
    for (char which = 'a'; which < 'a' + types_; ++which) set_type(std::string(1, which), {});
  }

  std::mt19937_64 random_;
  bool limits_;
  std::uint32_t fair_share_every_;
  ReadyQueue queue_;
  NaiveQueue model_;
  Time now_ = now;
  int users_ = 1;
  int types_ = 1;
  std::uint64_t next_id_ = 0;
};

class ReadyQueueHistories : public ::testing::TestWithParam<Play> {};

TEST_P(ReadyQueueHistories, AgreeWithTheNaiveModelInThousands) {
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, GetParam());
    history.run(80);
    if (HasFailure()) return;
  }
}

TEST_P(ReadyQueueHistories, AgreeWithTheNaiveModelWhenTheyAreLong) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed + 1'000'000, GetParam());
    history.run(1500);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, ReadyQueueHistories, ::testing::Values(Play::order, Play::limits), [](const auto& tested) {
  return tested.param == Play::order ? "TheOrder" : "LimitsAndPauses";
});

}  // namespace
}  // namespace taskgate::jobs
