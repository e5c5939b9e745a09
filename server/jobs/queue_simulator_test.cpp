#include "jobs/queue_simulator.h"

#include <gtest/gtest.h>

#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

constexpr int steps = 40;

// The first seed of so many whose history breaks a promise, with the promise; nothing when all hold.
template <class Store>
std::optional<std::string> first_violation(std::uint64_t histories) {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    Store store;
    QueueSimulator simulator(
        store, [&store] { store.rebuild_queue(); }, seed);
    try {
      simulator.run(steps);
    } catch (const QueueSimulator::Violation& violation) {
      return "seed " + std::to_string(seed) + ": " + violation.what();
    }
  }
  return std::nullopt;
}

TEST(QueueSimulator, FindsNoBrokenPromiseInThousandsOfHistories) {
  EXPECT_EQ(first_violation<MemoryJobStore>(2'000), std::nullopt);
}

// Stores with a fault each that the simulator must find: it is worth nothing otherwise.

// Whoever once held the job may settle it.
class UnfencedStore final : public MemoryJobStore {
 public:
  Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) override {
    for (Settlement& settlement : settlements) {
      auto found = co_await get({}, settlement.id);
      settlement.fence = found.value().fence;
    }
    co_return co_await MemoryJobStore::settle(std::move(settlements), now);
  }
};

// Answers before the jobs are on disk: a program that dies then has lost those of its latest submission.
class HastyStore final : public MemoryJobStore {
 public:
  Awaitable<Result<void>> submit(std::vector<Job> jobs, Time now) override {
    unwritten_.clear();
    for (const Job& job : jobs) unwritten_.insert(job.id);
    co_return co_await MemoryJobStore::submit(std::move(jobs), now);
  }
  Awaitable<Claim> claim(ClaimRequest request, Time now) override {
    unwritten_.clear();  // the next transaction takes them along
    co_return co_await MemoryJobStore::claim(std::move(request), now);
  }
  Awaitable<JobPage> list(Scope scope, JobFilter filter, std::size_t limit, std::optional<JobId> before) override {
    JobPage page = co_await MemoryJobStore::list(scope, std::move(filter), limit, before);
    std::erase_if(page.jobs, [this](const Job& job) { return lost_.contains(job.id); });
    co_return page;
  }
  void rebuild_queue() {
    lost_.merge(unwritten_);
    MemoryJobStore::rebuild_queue();
  }

 private:
  std::set<JobId> unwritten_;
  std::set<JobId> lost_;
};

// Keeps a counter of running jobs that a crash does not bring down again.
class CountingStore final : public MemoryJobStore {
 public:
  Awaitable<Claim> claim(ClaimRequest request, Time now) override {
    Claim claimed = co_await MemoryJobStore::claim(std::move(request), now);
    running_ += static_cast<std::int64_t>(claimed.jobs.size());
    co_return claimed;
  }
  Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) override {
    auto settled = co_await MemoryJobStore::settle(std::move(settlements), now);
    for (const Settled& each : settled) running_ -= each.status == SettleStatus::ok ? 1 : 0;
    co_return settled;
  }
  Awaitable<JobCounts> counts(Scope scope) override {
    JobCounts counts = co_await MemoryJobStore::counts(scope);
    counts.processing = running_;
    co_return counts;
  }

 private:
  std::int64_t running_ = 0;
};

// Counts slots in a counter of its own, which a lease that runs out does not bring down again.
class LeakingStore final : public MemoryJobStore {
 public:
  Awaitable<Claim> claim(ClaimRequest request, Time now) override {
    Claim claimed = co_await MemoryJobStore::claim(request, now);
    // As if the slots of those that crashed were still taken.
    while (!claimed.jobs.empty() && limited_ && static_cast<std::int64_t>(claimed.jobs.size()) + leaked_ > 2) {
      const Job job = claimed.jobs.back();
      claimed.jobs.pop_back();
      std::vector<Settlement> back;
      back.push_back({job.id, job.fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt});
      co_await MemoryJobStore::settle(std::move(back), now);
    }
    co_return claimed;
  }
  Awaitable<std::vector<Job>> reclaim_expired(int crashes_max, Time now) override {
    auto reclaimed = co_await MemoryJobStore::reclaim_expired(crashes_max, now);
    leaked_ += static_cast<std::int64_t>(reclaimed.size());
    co_return reclaimed;
  }
  Awaitable<TypeControl> control_type(std::string type, TypeControlChange change, Time now) override {
    limited_ = true;
    co_return co_await MemoryJobStore::control_type(std::move(type), std::move(change), now);
  }

 private:
  bool limited_ = false;
  std::int64_t leaked_ = 0;
};

// Lets one more run than may.
class GenerousStore final : public MemoryJobStore {
 public:
  Awaitable<TypeControl> control_type(std::string type, TypeControlChange change, Time now) override {
    const auto asked = change.concurrency;
    if (change.concurrency && *change.concurrency) ++**change.concurrency;
    TypeControl control = co_await MemoryJobStore::control_type(std::move(type), std::move(change), now);
    if (asked) control.concurrency = *asked;
    co_return control;
  }
};

// Takes a crash for a failure.
class BlamingStore final : public MemoryJobStore {
 public:
  Awaitable<std::vector<Job>> reclaim_expired(int, Time now) override {
    co_return co_await MemoryJobStore::reclaim_expired(0, now);
  }
};

TEST(QueueSimulator, CatchesAMissingFence) { EXPECT_TRUE(first_violation<UnfencedStore>(200)); }
TEST(QueueSimulator, CatchesAnAnswerBeforeTheJobIsKept) { EXPECT_TRUE(first_violation<HastyStore>(200)); }
TEST(QueueSimulator, CatchesACounterThatIsNotDerived) { EXPECT_TRUE(first_violation<CountingStore>(200)); }
TEST(QueueSimulator, CatchesSlotsThatLeakWhenAWorkerDies) { EXPECT_TRUE(first_violation<LeakingStore>(200)); }
TEST(QueueSimulator, CatchesALimitThatIsNotKept) { EXPECT_TRUE(first_violation<GenerousStore>(200)); }
TEST(QueueSimulator, CatchesACrashTakenForAFailure) { EXPECT_TRUE(first_violation<BlamingStore>(200)); }

}  // namespace
}  // namespace taskgate::jobs
