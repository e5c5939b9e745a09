#include <gmock/gmock.h>

#include <future>

#include "store/conformance/parallel.h"
#include "store/sqlite/job_commands.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/store_fixture.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {
namespace {

using conformance::run_in_parallel;

// Commands that fail, in one transaction with others that must not suffer from it.
class AFailingCommand : public StoreFixture {
 protected:
  void SetUp() override {
    (void)open();
    writer_.emplace(connect(), Writer::Options{});
  }
  Writer& writer() { return *writer_; }

  // Keeps the writer busy until all the others wait, so that they share a transaction.
  class Gate {
   public:
    void open() { opened_.set_value(); }
    void pass() {
      reached_.set_value();
      passage_.wait();
    }
    void wait_until_reached() { reached_.get_future().wait(); }

   private:
    std::promise<void> reached_;
    std::promise<void> opened_;
    std::shared_future<void> passage_ = opened_.get_future().share();
  };

  static Awaitable<bool> hold(Writer* writer, Gate* gate) {
    auto work = [gate](WriteContext&) {
      gate->pass();
      return true;
    };
    auto held = writer->execute(work, CommandTraits{});
    co_return co_await std::move(held);
  }
  static Awaitable<bool> wait_at(Gate* gate) {
    gate->wait_until_reached();
    co_return true;
  }
  static Awaitable<bool> open_gate(Gate* gate) {
    gate->open();
    co_return true;
  }
  // True when it was stored.
  static Awaitable<bool> add(Writer* writer, jobs::Job job, Time now) {
    auto work = [&job, now](WriteContext& context) {
      std::vector<jobs::Job> one;
      one.push_back(job);
      return submit_jobs(context, one, now).has_value();
    };
    try {
      auto added = writer->execute(work, CommandTraits{Isolation::first_write, 0});
      co_return co_await std::move(added);
    } catch (const StoreFailure&) {
      co_return false;
    }
  }
  // Adds a job, in the row, in memory and in the counts, and then fails. True when it did not.
  static Awaitable<bool> spoil(Writer* writer, jobs::Job job, Time now, Isolation isolation) {
    auto work = [&job, now](WriteContext& context) {
      std::vector<jobs::Job> one;
      one.push_back(job);
      (void)submit_jobs(context, one, now);
      throw std::logic_error("a mistake in this command");
      return true;
    };
    try {
      auto spoilt = writer->execute(work, CommandTraits{isolation, 0});
      co_return co_await std::move(spoilt);
    } catch (const StoreFailure&) {
      co_return false;
    }
  }

  // Three good ones around a bad one, in one transaction. How many of the good ones were stored.
  int store_around(Isolation isolation) {
    Gate gate;
    int stored = 0;
    std::vector<Awaitable<bool>> all;
    all.push_back(hold(&writer(), &gate));
    all.push_back(wait_at(&gate));
    all.push_back(count(add(&writer(), make_job(), now), &stored));
    all.push_back(spoil(&writer(), make_job(), now, isolation));
    all.push_back(count(add(&writer(), make_job(), now), &stored));
    all.push_back(count(add(&writer(), make_job(), now), &stored));
    all.push_back(open_gate(&gate));
    run_in_parallel(std::move(all), 1);
    return stored;
  }
  static Awaitable<bool> count(Awaitable<bool> adding, int* stored) {
    const bool is_stored = co_await std::move(adding);
    if (is_stored) ++*stored;
    co_return is_stored;
  }
  // What is left is the same on disk, in the counts and in the queue.
  void expect_jobs(int number) {
    writer_.reset();
    EXPECT_EQ(connect().integer("SELECT count(*) FROM jobs"), number);
    EXPECT_EQ(connect().integer("SELECT pending FROM job_counts WHERE user_id = x''"), number);
    EXPECT_EQ(claim(*open(), 100).size(), static_cast<std::size_t>(number));
  }

 private:
  std::optional<Writer> writer_;
};

TEST_F(AFailingCommand, WithASavepointIsUndoneAlone) {
  EXPECT_EQ(store_around(Isolation::savepoint), 3);
  EXPECT_TRUE(writer().healthy());
  EXPECT_EQ(writer().statistics().failed_transactions, 0u);
  expect_jobs(3);
}

TEST_F(AFailingCommand, WithoutASavepointSpoilsOneTransactionAndNoMore) {
  EXPECT_EQ(store_around(Isolation::first_write), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(store_around(Isolation::first_write), 3);
  EXPECT_TRUE(writer().healthy());
  EXPECT_EQ(writer().statistics().failed_transactions, 1u);
  expect_jobs(15);
}

TEST_F(AFailingCommand, LeavesTheQueueInMemoryAsTheRowsAre) {
  EXPECT_EQ(store_around(Isolation::savepoint), 3);
  auto work = [this](WriteContext& context) {
    jobs::ClaimRequest request;
    request.types.all_but = true;
    request.max = 10;
    return claim_jobs(context, request, now).jobs.size();
  };
  auto claimed = writer().execute(work, CommandTraits{});
  EXPECT_EQ(run(std::move(claimed)), 3u);
}

// A row that nobody can read must not keep the others from their work.
class ADamagedJob : public StoreFixture {
 protected:
  void damage(JobId id) {
    connect().execute(fmt::format("UPDATE jobs SET terms = 'nonsense' WHERE id = {}", id.value).c_str());
  }
};

TEST_F(ADamagedJob, IsSteppedOverByClaims) {
  const auto store = open();
  damage(submit(*store));
  const JobId sound = submit(*store);
  const auto claimed = claim(*store, 10);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].id, sound);
  EXPECT_TRUE(store->healthy());
  EXPECT_EQ(store->statistics().failed_transactions, 0u);
}

TEST_F(ADamagedJob, DoesNotKeepTheServerFromStarting) {
  JobId sound;
  {
    const auto store = open();
    damage(submit(*store));
    sound = submit(*store);
  }
  const auto store = open();
  const auto claimed = claim(*store, 10);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].id, sound);
}

TEST_F(ADamagedJob, DoesNotKeepLeasesFromBeingReclaimed) {
  const auto store = open();
  const JobId bad = submit(*store);
  const JobId sound = submit(*store);
  ASSERT_EQ(claim(*store, 10).size(), 2u);
  damage(bad);
  const auto reclaimed = run(store->jobs().reclaim_expired(3, now + 1h));
  ASSERT_EQ(reclaimed.size(), 1u);
  EXPECT_EQ(reclaimed[0].id, sound);
}

TEST_F(ADamagedJob, IsPrunedLikeTheOthers) {
  const auto store = open();
  const JobId bad = submit(*store);
  const JobId sound = submit(*store);
  for (const auto& job : claim(*store, 10)) complete(*store, job, now);
  damage(bad);
  const Time later = now + 24h * 8;
  EXPECT_EQ(run(store->jobs().prune({}, {}, 100, later)).removed, 2u);
  EXPECT_FALSE(run(store->jobs().get({}, sound)).has_value());
}

}  // namespace
}  // namespace taskgate::sqlite
