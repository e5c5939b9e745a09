#include "jobs/memory_job_store.h"
#include "store/conformance/job_actions.h"
#include "store/conformance/job_claims.h"
#include "store/conformance/job_control.h"
#include "store/conformance/job_crashes.h"
#include "store/conformance/job_deadlines.h"
#include "store/conformance/job_dependencies.h"
#include "store/conformance/job_limits.h"
#include "store/conformance/job_reading.h"
#include "store/conformance/job_records.h"
#include "store/conformance/job_retention.h"
#include "store/conformance/job_settlements.h"
#include "store/conformance/job_submission.h"
#include "store/conformance/job_system.h"
#include "store/conformance/job_unique_keys.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::conformance {
namespace {

class SqliteJobs final : public JobEngine {
 public:
  SqliteJobs() { reopen(); }
  JobStore& store() override { return store_->jobs(); }
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

class MemoryJobs final : public JobEngine {
 public:
  JobStore& store() override { return store_; }
  void reopen() override { store_.rebuild_queue(); }

 private:
  MemoryJobStore store_;
};

const auto engines = ::testing::Values(JobEngineMaker{"Sqlite", [] { return std::make_unique<SqliteJobs>(); }},
                                       JobEngineMaker{"Memory", [] { return std::make_unique<MemoryJobs>(); }});

INSTANTIATE_TEST_SUITE_P(Engine, JobSubmission, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobClaims, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobSettlements, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobGoodbyes, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobBeats, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobCrashes, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobCancellation, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobRetryByHand, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobUniqueKeys, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobIdempotency, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobDependencies, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobDeadlines, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobChanges, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobLimits, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobRecords, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobActions, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobReading, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobRetention, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobSystem, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, JobRestart, engines, NameOfEngine{});

}  // namespace
}  // namespace taskgate::conformance
