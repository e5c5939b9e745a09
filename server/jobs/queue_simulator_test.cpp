#include "jobs/queue_simulator.h"

#include <gmock/gmock.h>

#include "jobs/memory_job_store.h"
#include "jobs/queue_histories.h"

namespace taskgate::jobs {
namespace {

// A store in memory under the simulator. There is no disk to break at a certain write: a verb either fails before it
// has done anything, or it is done and its answer is lost.
template <class Store>
class MemoryEngine final : public SimulatedEngine {
 public:
  MemoryEngine() {
    store_.job_followed.connect([this](const Job& job) {
      if (followed) followed(job);
    });
  }
  JobStore& store() override { return store_; }
  void break_at(int write) override {
    if (write % 2 == 0) store_.fail_next(1);
  }
  void repair() override { store_.fail_next(0); }
  void restart() override {
    repair();
    store_.rebuild_queue();
  }

 private:
  Store store_;
};

constexpr auto replay =
    "build/asan/tests/jobs_tests --gtest_filter=QueueSimulator.FindsNoBrokenPromiseInThousandsOfHistories";

TEST(QueueSimulator, FindsNoBrokenPromiseInThousandsOfHistories) {
  EXPECT_EQ(first_violation<MemoryEngine<MemoryJobStore>>(HistoryPlan::of(2'000), replay), std::nullopt);
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
  Awaitable<QueueOverview> queue_overview(Time now) override {
    QueueOverview overview = co_await MemoryJobStore::queue_overview(now);
    for (TypeStanding& each : overview.types) {
      if (each.control.concurrency) --*each.control.concurrency;
    }
    co_return overview;
  }
};

// Takes a crash for a failure.
class BlamingStore final : public MemoryJobStore {
 public:
  Awaitable<std::vector<Job>> reclaim_expired(int, Time now) override {
    co_return co_await MemoryJobStore::reclaim_expired(0, now);
  }
};

// Forgets the priority of a job that failed.
class ForgetfulStore final : public MemoryJobStore {
 public:
  Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) override {
    auto settled = co_await MemoryJobStore::settle(settlements, now);
    for (std::size_t index = 0; index < settlements.size(); ++index) {
      if (settlements[index].kind != SettlementKind::retry || settled[index].status != SettleStatus::ok) continue;
      JobChange lower;
      lower.priority = 0;
      auto changing = MemoryJobStore::change({}, settlements[index].id, lower, now);
      (void)co_await std::move(changing);
    }
    co_return settled;
  }
};

// Serves one user as long as it has jobs.
class StarvingStore final : public MemoryJobStore {
 public:
  Awaitable<Claim> claim(ClaimRequest request, Time now) override {
    for (std::uint8_t number = 0; number < 2 && !request.scope.user; ++number) {
      ClaimRequest favoured = request;
      favoured.scope.user.emplace();
      favoured.scope.user->bytes[0] = number;
      Claim claimed = co_await MemoryJobStore::claim(std::move(favoured), now);
      if (claimed.jobs.size() == request.max) co_return claimed;
      if (claimed.jobs.empty()) continue;
      request.max -= claimed.jobs.size();
      Claim rest = co_await MemoryJobStore::claim(std::move(request), now);
      rest.jobs.insert(rest.jobs.begin(), claimed.jobs.begin(), claimed.jobs.end());
      co_return rest;
    }
    co_return co_await MemoryJobStore::claim(std::move(request), now);
  }
};

// Fails a settlement that it has kept all the same.
class TornStore final : public MemoryJobStore {
 public:
  void fail_next(int calls) { torn_ = calls > 0; }
  Awaitable<std::vector<Settled>> settle(std::vector<Settlement> settlements, Time now) override {
    auto settled = co_await MemoryJobStore::settle(std::move(settlements), now);
    if (std::exchange(torn_, false)) throw StoreFailure("only said so");
    co_return settled;
  }

 private:
  bool torn_ = false;
};

// Does a repeated request again.
class RepeatingStore final : public MemoryJobStore {
 public:
  Awaitable<Result<SubmitAnswer>> submit_all(SubmitRequest request, Time now) override {
    request.idempotency.reset();
    co_return co_await MemoryJobStore::submit_all(std::move(request), now);
  }
};

// Takes unique keys for no more than tags.
class CarelessStore final : public MemoryJobStore {
 public:
  Awaitable<Result<SubmitAnswer>> submit_all(SubmitRequest request, Time now) override {
    for (Submission& each : request.submissions) each.job.terms.unique_key.reset();
    co_return co_await MemoryJobStore::submit_all(std::move(request), now);
  }
};

// Starts jobs before those they depend on.
class ImpatientStore final : public MemoryJobStore {
 public:
  Awaitable<Result<SubmitAnswer>> submit_all(SubmitRequest request, Time now) override {
    for (Submission& each : request.submissions) each.job.terms.depends_on.clear();
    co_return co_await MemoryJobStore::submit_all(std::move(request), now);
  }
};

// What the simulator says of a store that must not pass.
template <class Store>
std::string complaint() {
  return first_violation<MemoryEngine<Store>>({1, 200}, "it").value_or("nothing");
}

using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST(QueueSimulator, CatchesAMissingFence) {
  EXPECT_THAT(complaint<UnfencedStore>(), HasSubstr("only the current lease settles its job"));
}
TEST(QueueSimulator, CatchesAnAnswerBeforeTheJobIsKept) {
  EXPECT_THAT(complaint<HastyStore>(), HasSubstr("an acknowledged job exists"));
}
TEST(QueueSimulator, CatchesACounterThatIsNotDerived) {
  EXPECT_THAT(complaint<CountingStore>(), HasSubstr("counters equal a recount"));
}
TEST(QueueSimulator, CatchesSlotsThatLeakWhenAWorkerDies) {
  EXPECT_THAT(complaint<LeakingStore>(), HasSubstr("a claim leaves nothing that may start"));
}
TEST(QueueSimulator, CatchesALimitThatIsNotKept) {
  EXPECT_THAT(complaint<GenerousStore>(),
              AnyOf(HasSubstr("no more run than may"), HasSubstr("what holds a job up is named")));
}
TEST(QueueSimulator, CatchesACrashTakenForAFailure) {
  EXPECT_THAT(complaint<BlamingStore>(),
              AnyOf(HasSubstr("status failed instead of pending"), HasSubstr("what follows from a change")));
}
TEST(QueueSimulator, CatchesAPriorityThatARetryForgets) {
  EXPECT_THAT(complaint<ForgetfulStore>(), HasSubstr("priority: as submitted"));
}
TEST(QueueSimulator, CatchesAUserWhoHasNoTurn) {
  EXPECT_THAT(complaint<StarvingStore>(),
              AnyOf(HasSubstr("users take turns"), HasSubstr("the highest priority goes first")));
}
TEST(QueueSimulator, CatchesAFailureThatHappenedAllTheSame) { EXPECT_NE(complaint<TornStore>(), "nothing"); }
TEST(QueueSimulator, CatchesARequestThatIsDoneTwice) {
  EXPECT_THAT(complaint<RepeatingStore>(), HasSubstr("a repeated request does nothing twice"));
}
TEST(QueueSimulator, CatchesAUniqueKeyThatIsNotKept) {
  EXPECT_THAT(complaint<CarelessStore>(), HasSubstr("a unique key is held"));
}
TEST(QueueSimulator, CatchesAJobThatDoesNotWaitForItsDependency) { EXPECT_NE(complaint<ImpatientStore>(), "nothing"); }

TEST(QueueSimulator, PlaysTheSameHistoryAgainForTheSameSeed) {
  // A store that breaks a promise somewhere: it must be the same one at the same step each time.
  const auto once = first_violation<MemoryEngine<UnfencedStore>>({1, 200}, "x");
  EXPECT_TRUE(once.has_value());
  EXPECT_EQ(once, first_violation<MemoryEngine<UnfencedStore>>({1, 200}, "x"));
}

}  // namespace
}  // namespace taskgate::jobs
