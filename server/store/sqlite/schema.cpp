#include "store/sqlite/schema.h"

#include <stdexcept>

#include "store/sqlite/migrations/0001_initial.h"
#include "store/sqlite/migrations/0002_job_terms.h"
#include "store/sqlite/migrations/0003_queue_controls.h"
#include "store/sqlite/migrations/0004_submit_options.h"
#include "store/sqlite/migrations/0005_api_keys.h"
#include "store/sqlite/migrations/0006_worker_user.h"
#include "store/sqlite/migrations/0007_retention.h"
#include "store/sqlite/migrations/0008_job_records.h"
#include "store/sqlite/migrations/0009_schedules.h"
#include "store/sqlite/migrations/0010_job_types.h"
#include "store/sqlite/migrations/0011_sealed_jobs.h"
#include "store/sqlite/migrations/0012_webhooks.h"

namespace taskgate::sqlite {
namespace {

// In order; the schema version is the number of migrations applied. Never change one that has been released: add the
// next.
constexpr std::array migrations = {
    migration_0001_initial,   migration_0002_job_terms,   migration_0003_queue_controls, migration_0004_submit_options,
    migration_0005_api_keys,  migration_0006_worker_user, migration_0007_retention,      migration_0008_job_records,
    migration_0009_schedules, migration_0010_job_types,   migration_0011_sealed_jobs,    migration_0012_webhooks};

void apply_next(Database& database, std::size_t wanted) {
  Transaction transaction(database, Transaction::Kind::write);
  // Read again under the write lock: another program may have been quicker.
  const auto version = static_cast<std::size_t>(database.integer("PRAGMA user_version"));
  if (version >= wanted) return;
  database.execute(migrations[version]);
  database.execute(fmt::format("PRAGMA user_version = {}", version + 1).c_str());
  database.execute(fmt::format("PRAGMA application_id = {}", application_id).c_str());
  transaction.commit();
}

}  // namespace

int schema_version() { return static_cast<int>(migrations.size()); }

int read_schema_version(Database& database, const std::filesystem::path& file) {
  std::int64_t version = 0;
  std::int64_t owner = 0;
  bool empty = false;
  try {
    version = database.integer("PRAGMA user_version");
    owner = database.integer("PRAGMA application_id");
    empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  } catch (const DatabaseError& error) {
    if ((error.code() & 0xff) != SQLITE_NOTADB) throw;
    throw std::runtime_error(
        fmt::format("{} is not a database. Move it away or choose another --data-dir.", file.string()));
  }
  if (owner != application_id && !(empty && owner == 0 && version == 0)) {
    throw std::runtime_error(fmt::format("{} is the database of another program.", file.string()));
  }
  if (version > schema_version()) {
    throw std::runtime_error(
        fmt::format("{} was written by a newer Taskgate (schema {}, this program knows up to {}). Use that "
                    "version or a newer one.",
                    file.string(), version, schema_version()));
  }
  return static_cast<int>(version);
}

void migrate(Database& database, int version) {
  while (database.integer("PRAGMA user_version") < version) apply_next(database, static_cast<std::size_t>(version));
}

}  // namespace taskgate::sqlite
