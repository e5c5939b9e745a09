#include "jobs/memory_schedule_store.h"
#include "store/conformance/schedule_firings.h"
#include "store/conformance/schedule_records.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::conformance {
namespace {

class SqliteSchedules final : public ScheduleEngine {
 public:
  SqliteSchedules() { reopen(); }
  ScheduleStore& schedules() override { return store_->schedules(); }
  JobStore& jobs() override { return store_->jobs(); }
  void reopen() override {
    store_.reset();
    sqlite::SqliteStoreOptions options;
    options.folder = folder_.path() / "data";
    store_ = std::make_unique<sqlite::SqliteStore>(options);
  }

 private:
  sqlite::TemporaryFolder folder_;
  std::unique_ptr<sqlite::SqliteStore> store_;
};

class MemorySchedules final : public ScheduleEngine {
 public:
  ScheduleStore& schedules() override { return store_; }
  JobStore& jobs() override { return jobs_; }
  void reopen() override { jobs_.rebuild_queue(); }

 private:
  MemoryJobStore jobs_;
  MemoryScheduleStore store_{jobs_};
};

const auto engines =
    ::testing::Values(ScheduleEngineMaker{"Sqlite", [] { return std::make_unique<SqliteSchedules>(); }},
                      ScheduleEngineMaker{"Memory", [] { return std::make_unique<MemorySchedules>(); }});

INSTANTIATE_TEST_SUITE_P(Engine, ScheduleRecords, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, ScheduleFirings, engines, NameOfEngine{});

}  // namespace
}  // namespace taskgate::conformance
