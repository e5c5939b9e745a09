#include "store/sqlite/sqlite_store.h"

#include <stdexcept>

#include "store/sqlite/data_folder.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_account_store.h"
#include "store/sqlite/sqlite_job_store.h"
#include "store/sqlite/sqlite_schedule_store.h"
#include "store/sqlite/sqlite_webhook_store.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {
namespace {

// Pages in the log after which the writer brings them into the database file: often enough to bound the file and the
// pause, seldom enough that hot pages are written once for many changes.
constexpr auto write_settings =
    "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = "
    "8192; "
    "PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF";

Database::Options connection_options(const SqliteStoreOptions& options, bool read_only) {
  return {read_only, options.busy_timeout, options.vfs};
}

std::unique_ptr<FolderLock> lock_for(const SqliteStoreOptions& options, const DataFolder& folder) {
  return options.access == Access::server ? std::make_unique<FolderLock>(folder) : nullptr;
}

// Brings the schema up to date. Beside a running server of an older version that would pull the ground from under it,
// so then the lock is needed for a moment.
void prepare_schema(Database& database, const DataFolder& folder, Access access) {
  if (read_schema_version(database, folder.database_file()) == schema_version()) return;
  std::optional<FolderLock> lock;
  if (access != Access::server) lock.emplace(folder);
  migrate(database);
}

Database open_for_writing(const SqliteStoreOptions& options, const DataFolder& folder) {
  folder.ensure_database_file();
  Database database(folder.database_file(), connection_options(options, false));
  // Looked at before anything is written: the file may not be ours.
  (void)read_schema_version(database, folder.database_file());
  if (database.text("PRAGMA journal_mode = WAL") != "wal") {
    throw std::runtime_error(
        fmt::format("The file system of {} does not support the write-ahead log of SQLite.", folder.path().string()));
  }
  database.execute(write_settings);
  prepare_schema(database, folder, options.access);
  return database;
}

Writer::Options writer_options(const SqliteStoreOptions& options, IdGenerator& own_ids) {
  Writer::Options writer;
  writer.fair_share_every = options.fair_share_every;
  writer.backlog_max = options.backlog_max;
  writer.ids = options.ids != nullptr ? options.ids : &own_ids;
  writer.with_queue = options.access == Access::server;
  return writer;
}

}  // namespace

class SqliteStore::Engine {
 public:
  explicit Engine(const SqliteStoreOptions& options)
      : folder_(options.folder),
        lock_(lock_for(options, folder_)),
        writer_(open_for_writing(options, folder_), writer_options(options, own_ids_)),
        readers_(folder_.database_file(), options.readers, connection_options(options, true)),
        account_readers_(folder_.database_file(), 1, connection_options(options, true)),
        accounts_(writer_, account_readers_, readers_),
        jobs_(writer_, readers_, options.page_examined_max),
        schedules_(writer_, readers_, jobs_),
        webhooks_(writer_, readers_) {}

  void stop() {
    readers_.stop();
    account_readers_.stop();
    // The last to close brings the log into the database file.
    writer_.stop();
    lock_.reset();
  }

  [[nodiscard]] SqliteAccountStore& accounts() { return accounts_; }
  [[nodiscard]] SqliteJobStore& jobs() { return jobs_; }
  [[nodiscard]] SqliteScheduleStore& schedules() { return schedules_; }
  [[nodiscard]] SqliteWebhookStore& webhooks() { return webhooks_; }
  [[nodiscard]] const Writer& writer() const { return writer_; }

 private:
  DataFolder folder_;
  std::unique_ptr<FolderLock> lock_;
  IdGenerator own_ids_;
  Writer writer_;
  Readers readers_;
  Readers account_readers_;
  SqliteAccountStore accounts_;
  SqliteJobStore jobs_;
  SqliteScheduleStore schedules_;
  SqliteWebhookStore webhooks_;
};

SqliteStore::SqliteStore(const SqliteStoreOptions& options) {
  try {
    engine_ = std::make_unique<Engine>(options);
  } catch (const DatabaseError& error) {
    throw std::runtime_error(
        fmt::format("The database in {} cannot be opened: {}.", options.folder.string(), error.what()));
  }
}

SqliteStore::~SqliteStore() { stop(); }

accounts::AccountStore& SqliteStore::accounts() { return engine_->accounts(); }
jobs::JobStore& SqliteStore::jobs() { return engine_->jobs(); }
jobs::ScheduleStore& SqliteStore::schedules() { return engine_->schedules(); }
jobs::WebhookStore& SqliteStore::webhooks() { return engine_->webhooks(); }
bool SqliteStore::healthy() const { return engine_->writer().healthy(); }

SqliteStoreStatistics SqliteStore::statistics() const {
  const auto writer = engine_->writer().statistics();
  return {writer.transactions, writer.commands, writer.failed_transactions};
}

void SqliteStore::stop() { engine_->stop(); }

}  // namespace taskgate::sqlite
