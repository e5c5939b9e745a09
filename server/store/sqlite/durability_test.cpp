#include <gmock/gmock.h>

#include "store/conformance/parallel.h"
#include "store/sqlite/faulty_files.h"
#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

using conformance::run_in_parallel;

class Durability : public StoreFixture {
 protected:
  // What a kill -9 leaves: the files as they are, while the store still holds them open.
  [[nodiscard]] SqliteStoreOptions as_after_a_kill() const {
    SqliteStoreOptions copy = options();
    copy.folder = folder().parent_path() / "copy";
    std::filesystem::create_directories(copy.folder);
    for (const auto* name : {"taskgate.db", "taskgate.db-wal"}) {
      std::filesystem::copy_file(folder() / name, copy.folder / name);
    }
    return copy;
  }
};

Awaitable<bool> submit_one(jobs::JobStore* store, jobs::Job job, Time now) {
  std::vector<jobs::Job> one;
  one.push_back(std::move(job));
  auto submitted = store->submit(std::move(one), now);
  co_await std::move(submitted);
  co_return true;
}

TEST_F(Durability, ManySubmissionsShareFewTransactions) {
  const auto store = open();
  std::vector<Awaitable<bool>> submissions;
  for (int i = 0; i < 500; ++i) submissions.push_back(submit_one(&store->jobs(), make_job(), now));
  const auto before = store->statistics();
  run_in_parallel(std::move(submissions));
  const auto after = store->statistics();
  EXPECT_EQ(after.commands - before.commands, 500u);
  EXPECT_LT(after.transactions - before.transactions, 100u);
  EXPECT_EQ(counts(*store).pending, 500);
}

TEST_F(Durability, AnAnswerComesAfterTheLogIsOnTheDisk) {
  SqliteStoreOptions counted = options();
  counted.vfs = FaultyFiles::name();
  SqliteStore store(counted);
  submit(store);
  for (int i = 0; i < 5; ++i) {
    const int before = FaultyFiles::syncs();
    submit(store);
    EXPECT_GT(FaultyFiles::syncs(), before);
  }
}

TEST_F(Durability, AskingWithoutChangingAnythingCostsNoWrite) {
  SqliteStoreOptions counted = options();
  counted.vfs = FaultyFiles::name();
  SqliteStore store(counted);
  const int before = FaultyFiles::syncs();
  EXPECT_TRUE(claim(store).empty());
  run(store.jobs().reclaim_expired(3, now));
  EXPECT_EQ(FaultyFiles::syncs(), before);
}

TEST_F(Durability, WhatWasAnsweredSurvivesAKill) {
  const auto store = open();
  std::vector<JobId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(submit(*store));
  const auto claimed = claim(*store, 3);
  complete(*store, claimed[0], now);
  SqliteStore survivor(as_after_a_kill());
  EXPECT_EQ(counts(survivor), (jobs::JobCounts{7, 2, 1, 0, 0}));
  EXPECT_EQ(complete(survivor, claimed[1], now), jobs::SettleStatus::ok);
  std::vector<JobId> rest;
  for (const auto& job : claim(survivor, 100)) rest.push_back(job.id);
  EXPECT_EQ(rest, std::vector<JobId>(ids.begin() + 3, ids.end()));
}

TEST_F(Durability, ACommandThatFailsDoesNotSpoilTheOthersOfItsBatch) {
  const auto store = open();
  const JobId taken = submit(*store);
  std::vector<Awaitable<bool>> submissions;
  for (int i = 0; i < 20; ++i) submissions.push_back(submit_one(&store->jobs(), make_job(), now));
  jobs::Job duplicate = make_job();
  duplicate.id = taken;
  submissions.push_back(submit_one(&store->jobs(), duplicate, now));
  EXPECT_THROW(run_in_parallel(std::move(submissions)), StoreFailure);
  EXPECT_EQ(counts(*store).pending, 21);
  EXPECT_TRUE(store->healthy());

  std::vector<jobs::Job> batch = {make_job(), make_job(), duplicate, make_job()};
  EXPECT_THROW(run(store->jobs().submit(batch, now)), StoreFailure);
  EXPECT_EQ(counts(*store).pending, 21);
  EXPECT_EQ(claim(*store, 100).size(), 21u);
}

TEST_F(Durability, NothingIsPromisedAfterTheStoreHasStopped) {
  const auto store = open();
  store->stop();
  EXPECT_THROW(submit(*store), StoreFailure);
  EXPECT_THROW(counts(*store), StoreFailure);
}

class BrokenDisk : public StoreFixture, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    SqliteStoreOptions faulty = options();
    faulty.vfs = FaultyFiles::name();
    store_ = std::make_unique<SqliteStore>(faulty);
  }
  void TearDown() override { repair(); }
  static void break_disk() {
    if ((GetParam() & 0xffff) == SQLITE_IOERR_FSYNC) {
      FaultyFiles::fail_syncs_with(GetParam());
    } else {
      FaultyFiles::fail_writes_with(GetParam());
    }
  }
  static void repair() {
    FaultyFiles::fail_syncs_with(SQLITE_OK);
    FaultyFiles::fail_writes_with(SQLITE_OK);
  }
  SqliteStore& store() { return *store_; }

 private:
  std::unique_ptr<SqliteStore> store_;
};

TEST_P(BrokenDisk, RefusesChangesAndKeepsTheQueueAsItIsOnDisk) {
  const JobId first = submit(store());
  const JobId second = submit(store());
  const auto running = claim(store());
  ASSERT_EQ(running.at(0).id, first);
  break_disk();
  EXPECT_THROW(submit(store()), StoreFailure);
  EXPECT_THROW(claim(store()), StoreFailure);
  EXPECT_THROW(complete(store(), running[0], now), StoreFailure);
  EXPECT_THROW(run(store().jobs().cancel({}, second, now)), StoreFailure);
  EXPECT_FALSE(store().healthy());
  EXPECT_EQ(counts(store()), (jobs::JobCounts{1, 1, 0, 0, 0}));
  EXPECT_EQ(run(store().jobs().get({}, second))->status, jobs::JobStatus::pending);

  repair();
  EXPECT_EQ(complete(store(), running[0], now), jobs::SettleStatus::ok);
  EXPECT_TRUE(store().healthy());
  const auto claimed = claim(store(), 10);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].id, second);
  EXPECT_EQ(claimed[0].fence, 1);
}

TEST_P(BrokenDisk, IsNoticedAsRepairedWithoutAnyTraffic) {
  submit(store());
  break_disk();
  EXPECT_THROW(submit(store()), StoreFailure);
  EXPECT_FALSE(store().healthy());
  repair();
  const auto failed = store().statistics().failed_transactions;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!store().healthy() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(store().healthy());
  EXPECT_EQ(store().statistics().failed_transactions, failed);
}

INSTANTIATE_TEST_SUITE_P(With, BrokenDisk, ::testing::Values(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC));

}  // namespace
}  // namespace taskgate::sqlite
