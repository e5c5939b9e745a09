#include "jobs/ready_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace taskgate::jobs {
namespace {

const TypeSelection everything{{}, true};

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
  while (const auto next = queue.pop(types)) order.push_back(next->id.value);
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
  ASSERT_EQ(queue.pop(everything)->id.value, 1U);
  queue.push(job(1, 1));
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{1, 2}));
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
  for (int claim = 0; claim < 1000; ++claim) ASSERT_TRUE(queue.pop(everything));
  queue.push(job(backlog + 1, 2));
  std::vector<std::uint64_t> next = {queue.pop(everything)->id.value, queue.pop(everything)->id.value};
  EXPECT_TRUE(std::count(next.begin(), next.end(), backlog + 1) == 1) << "started " << next[0] << ", " << next[1];
}

TEST(ReadyQueue, DoesNotPunishAUserForItsUrgentJobs) {
  ReadyQueue queue(0);
  for (std::uint64_t id = 1; id <= 100; ++id) queue.push(job(id, 1));
  for (std::uint64_t id = 201; id <= 250; ++id) queue.push(job(id, 2, 5));
  for (int claim = 0; claim < 50; ++claim) ASSERT_GE(queue.pop(everything)->id.value, 201U);
  queue.push(job(300, 2));
  std::vector<std::uint64_t> next = {queue.pop(everything)->id.value, queue.pop(everything)->id.value};
  EXPECT_TRUE(std::count(next.begin(), next.end(), 300U) == 1) << "started " << next[0] << ", " << next[1];
}

TEST(ReadyQueue, GivesNoExtraTurnsToAUserWhoSubmitsOneJobAtATime) {
  ReadyQueue queue(0);
  for (std::uint64_t id = 1; id <= 100; ++id) queue.push(job(id, 1));
  std::uint64_t next_id = 1000;
  int claims_of_other = 0;
  queue.push(job(next_id, 2));
  for (int claim = 0; claim < 50; ++claim) {
    if (queue.pop(everything)->user_id != user(2)) continue;
    ++claims_of_other;
    queue.push(job(++next_id, 2));
  }
  EXPECT_EQ(claims_of_other, 25);
}

TEST(ReadyQueue, SharesByWeight) {
  ReadyQueue queue(0);
  queue.set_weight(user(2), 3);
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    queue.push(job(id, 1));
    queue.push(job(10'000 + id, 2));
  }
  int heavy = 0;
  for (int claim = 0; claim < 400; ++claim) heavy += queue.pop(everything)->user_id == user(2) ? 1 : 0;
  EXPECT_EQ(heavy, 300);
}

TEST(ReadyQueue, LetsNobodyStarveBehindAFloodOfUrgentJobs) {
  ReadyQueue queue(8);
  for (std::uint64_t id = 1; id <= 100; ++id) queue.push(job(id, 1, 100));
  queue.push(job(500, 2, -100));
  std::size_t claims = 1;
  while (queue.pop(everything)->id.value != 500) ++claims;
  EXPECT_LE(claims, 8U);
}

TEST(ReadyQueue, KeepsStrictPriorityForASingleUserDespiteTheGuard) {
  ReadyQueue queue(2);
  for (std::uint64_t id = 1; id <= 50; ++id) queue.push(job(id, 1, static_cast<double>(id % 10)));
  double last = std::numeric_limits<double>::infinity();
  while (const auto next = queue.pop(everything)) {
    EXPECT_LE(next->priority, last);
    last = next->priority;
  }
}

TEST(ReadyQueue, HonoursTheSelectionOfTypes) {
  ReadyQueue queue;
  queue.push(job(1, 1, 0, "a"));
  queue.push(job(2, 1, 9, "b"));
  queue.push(job(3, 2, 0, "c"));
  EXPECT_FALSE(queue.pop({{}, false}));
  EXPECT_FALSE(queue.pop({{"d"}, false}));
  EXPECT_FALSE(queue.pop({{"a", "b", "c"}, true}));
  EXPECT_EQ(queue.pop({{"c", "a", "a"}, false})->id.value, 1U);
  EXPECT_EQ(queue.pop({{"b", "a"}, true})->id.value, 3U);
  EXPECT_EQ(queue.pop({{"a", "b"}, false})->id.value, 2U);
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
  EXPECT_FALSE(queue.pop(everything));
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
  void set_weight(UserId id, double weight) { weights_[id] = weight; }

  std::optional<ReadyJob> pop(const TypeSelection& types) {
    const bool fair_share = fair_share_every_ > 0 && (claims_ + 1) % fair_share_every_ == 0;
    const ReadyJob* best = nullptr;
    for (const auto& [id, each] : jobs_) {
      const bool listed = std::find(types.types.begin(), types.types.end(), each.type) != types.types.end();
      if (listed == types.all_but) continue;
      if (best == nullptr || rank(each, fair_share) < rank(*best, fair_share)) best = &each;
    }
    if (best == nullptr) return std::nullopt;
    ReadyJob taken = *best;
    jobs_.erase(taken.id);
    ++claims_;
    Turn& turn = turns_[taken.user_id];
    virtual_time_ = std::max(virtual_time_, turn.virtual_time);
    turn.virtual_time = virtual_time_ + 1 / (weights_.contains(taken.user_id) ? weights_[taken.user_id] : 1.0);
    turn.waiting_since = ++moment_;
    return taken;
  }
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }
  [[nodiscard]] std::size_t position(JobId id) const {
    const ReadyJob& asked = jobs_.at(id);
    return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& each) {
      return each.second.priority > asked.priority || (each.second.priority == asked.priority && each.first < asked.id);
    }));
  }
  [[nodiscard]] const std::map<JobId, ReadyJob>& jobs() const { return jobs_; }

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

  std::uint32_t fair_share_every_;
  std::uint64_t claims_ = 0;
  std::uint64_t moment_ = 0;
  double virtual_time_ = 0;
  std::map<JobId, ReadyJob> jobs_;
  std::map<UserId, Turn> turns_;
  std::map<UserId, double> weights_;
};

class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed), fair_share_every_(pick({0U, 1U, 2U, 8U})), queue_(fair_share_every_), model_(fair_share_every_) {
    users_ = pick({1, 2, 5});
    types_ = pick({1, 3, 6});
  }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step) {
      const int choice = below(100);
      if (choice < 45) {
        push();
      } else if (choice < 85) {
        pop();
      } else if (choice < 97) {
        remove();
      } else {
        const double weight = pick({0.5, 1.0, 2.0, 3.0});
        const UserId whose = user(below(users_));
        queue_.set_weight(whose, weight);
        model_.set_weight(whose, weight);
      }
      ASSERT_EQ(queue_.size(), model_.size());
    }
    while (model_.size() > 0 && !::testing::Test::HasFatalFailure()) pop_from(everything);
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + below(static_cast<int>(values.size())));
  }
  std::string type() { return std::string(1, static_cast<char>('a' + below(types_))); }

  void push() {
    // Ids mostly rise; sometimes an older job comes back.
    std::uint64_t id = next_id_ += 2;
    if (below(4) == 0 && id > 20) id = id - 2 * static_cast<std::uint64_t>(below(9)) - 1;
    if (queue_.contains(JobId{id})) return;
    const ReadyJob added = {JobId{id}, user(below(users_)), type(), pick({0.0, 0.0, 1.0, -1.0, 2.5})};
    queue_.push(added);
    model_.push(added);
  }
  void pop() {
    TypeSelection selection;
    selection.all_but = below(2) == 0;
    for (int count = below(4); count > 0; --count) selection.types.push_back(type());
    pop_from(selection);
  }
  void pop_from(const TypeSelection& selection) {
    const auto expected = model_.pop(selection);
    const auto got = queue_.pop(selection);
    ASSERT_EQ(got.has_value(), expected.has_value());
    if (!got) return;
    ASSERT_EQ(got->id, expected->id);
    EXPECT_EQ(got->user_id, expected->user_id);
    EXPECT_EQ(got->type, expected->type);
    EXPECT_EQ(got->priority, expected->priority);
    EXPECT_FALSE(queue_.contains(got->id));
  }
  void remove() {
    if (model_.size() == 0) return;
    const auto chosen = std::next(model_.jobs().begin(), below(static_cast<int>(model_.size())));
    const JobId id = chosen->first;
    EXPECT_EQ(queue_.position(id), model_.position(id));
    EXPECT_TRUE(queue_.remove(id));
    EXPECT_TRUE(model_.remove(id));
  }

  std::mt19937_64 random_;
  std::uint32_t fair_share_every_;
  ReadyQueue queue_;
  NaiveQueue model_;
  int users_ = 1;
  int types_ = 1;
  std::uint64_t next_id_ = 0;
};

TEST(ReadyQueue, AgreesWithTheNaiveModelInThousandsOfHistories) {
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.run(60);
    if (HasFailure()) return;
  }
}

TEST(ReadyQueue, AgreesWithTheNaiveModelInLongHistories) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed + 1'000'000);
    history.run(1500);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace taskgate::jobs
