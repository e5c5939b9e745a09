#include "jobs/memory_webhook_store.h"
#include "store/conformance/webhook_deliveries.h"
#include "store/conformance/webhook_records.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::conformance {
namespace {

class SqliteWebhooks final : public WebhookEngine {
 public:
  explicit SqliteWebhooks(IdGenerator& ids) : ids_(ids) { reopen(); }
  WebhookStore& webhooks() override { return store_->webhooks(); }
  JobStore& jobs() override { return store_->jobs(); }
  void reopen() override {
    store_.reset();
    sqlite::SqliteStoreOptions options;
    options.folder = folder_.path() / "data";
    options.ids = &ids_;
    store_ = std::make_unique<sqlite::SqliteStore>(options);
  }

 private:
  IdGenerator& ids_;
  sqlite::TemporaryFolder folder_;
  std::unique_ptr<sqlite::SqliteStore> store_;
};

class MemoryWebhooks final : public WebhookEngine {
 public:
  explicit MemoryWebhooks(IdGenerator& ids) : store_(jobs_, ids) {}
  WebhookStore& webhooks() override { return store_; }
  JobStore& jobs() override { return jobs_; }
  void reopen() override { jobs_.rebuild_queue(); }

 private:
  MemoryJobStore jobs_;
  MemoryWebhookStore store_;
};

const auto engines = ::testing::Values(
    WebhookEngineMaker{"Sqlite", [](IdGenerator& ids) { return std::make_unique<SqliteWebhooks>(ids); }},
    WebhookEngineMaker{"Memory", [](IdGenerator& ids) { return std::make_unique<MemoryWebhooks>(ids); }});

INSTANTIATE_TEST_SUITE_P(Engine, WebhookRecords, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, WebhookDeliveries, engines, NameOfEngine{});

}  // namespace
}  // namespace taskgate::conformance
