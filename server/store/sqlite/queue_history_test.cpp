#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "jobs/queue_histories.h"
#include "store/sqlite/simulated_disk.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::sqlite {
namespace {

using jobs::first_violation;
using jobs::HistoryPlan;

// SQLite under the simulator, on a disk that breaks at a certain write. A crash leaves the files as they are at that
// moment; every other one is a power cut, which also takes what was not synced.
class SqliteEngine : public jobs::SimulatedEngine {
 public:
  SqliteEngine() : SqliteEngine(true) {}
  ~SqliteEngine() override { SimulatedDisk::reset(); }
  jobs::JobStore& store() override { return store_->jobs(); }
  void break_at(int write) override { SimulatedDisk::break_after(write); }
  void repair() override { SimulatedDisk::repair(); }
  void restart() override {
    const auto before = folder();
    ++crashes_;
    SimulatedDisk::copy_after_crash(before, folder(), crashes_ % 2 == 0);
    SimulatedDisk::repair();
    store_.reset();
    std::filesystem::remove_all(before);
    open();
  }

 protected:
  explicit SqliteEngine(bool heeds_syncs) {
    SimulatedDisk::reset(heeds_syncs);
    open();
  }

 private:
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / std::to_string(crashes_); }
  void open() {
    SqliteStoreOptions options;
    options.folder = folder();
    options.readers = 1;
    options.vfs = SimulatedDisk::name();
    store_ = std::make_unique<SqliteStore>(options);
    store_->jobs().job_followed.connect([this](const jobs::Job& job) {
      if (followed) followed(job);
    });
  }

  TemporaryFolder temporary_;
  int crashes_ = 0;
  std::unique_ptr<SqliteStore> store_;
};

// Its disk says that it has synced, and has not: as if the store answered before the commit is on disk.
class HastyEngine final : public SqliteEngine {
 public:
  HastyEngine() : SqliteEngine(false) {}
};

TEST(QueueHistories, BreakNoPromiseOnDisk) {
  constexpr auto replay = "build/asan/tests/store_sqlite_tests --gtest_filter=QueueHistories.BreakNoPromiseOnDisk";
  EXPECT_EQ(first_violation<SqliteEngine>(HistoryPlan::of(150), replay), std::nullopt);
}

TEST(QueueHistories, CatchAnAnswerBeforeItIsOnDisk) {
  EXPECT_THAT(first_violation<HastyEngine>({1, 50}, "it").value_or("nothing"), ::testing::Ne("nothing"));
}

}  // namespace
}  // namespace taskgate::sqlite
