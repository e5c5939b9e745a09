#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "accounts/account_store.h"
#include "base/ids.h"
#include "jobs/job_store.h"
#include "jobs/schedule_store.h"
#include "jobs/webhook_store.h"

namespace taskgate::sqlite {

// How a store is opened.
enum class Access {
  server,         // the one server on the folder: takes the lock, holds the queue in memory
  accounts_only,  // a program beside it (the command line): accounts may be changed, jobs only read; no lock
};

// Another server runs on the folder.
class FolderInUse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SqliteStoreOptions {
  std::filesystem::path folder;  // created if need be; holds taskgate.db
  Access access = Access::server;
  // Threads for questions. Those on accounts have one more, so that no search delays a sign-in.
  std::size_t readers = 2;
  // One page of a job list looks at no more rows than this, a quarter of it where they lie scattered: it ends early
  // then, and says where to go on. Bounds how long a rare match keeps a reader, to about 40 ms with 11 million jobs.
  std::size_t page_examined_max = 20'000;
  std::uint32_t fair_share_every = 8;  // see jobs/ready_queue.h
  std::int64_t backlog_max = 0;        // pending jobs per user, where no control says otherwise; 0: no cap
  // Makes the ids of jobs that follow from others (webhooks); outlives the store. Whoever makes ids of jobs gives the
  // same one: two generators could make one id twice. Null: one of the store's own.
  IdGenerator* ids = nullptr;
  // How long a change waits while another program (the command line, a person with sqlite3) writes.
  std::chrono::milliseconds busy_timeout{5'000};
  std::string vfs;  // name of a registered SQLite VFS; empty: the system's files. For tests that inject faults.
};

// What the writer has done so far.
struct SqliteStoreStatistics {
  std::uint64_t transactions = 0;         // committed
  std::uint64_t commands = 0;             // verbs answered with success
  std::uint64_t failed_transactions = 0;  // rolled back as a whole
};

// Accounts and jobs in one SQLite file. Thread-safe.
//
// Coroutines that wait for it must be resumed by loops that outlive the wait: stop the store before the loops end.
class SqliteStore {
 public:
  // Opens or creates the database, brings its schema up to date and rebuilds the queue. Throws std::runtime_error with
  // a sentence for the operator when the folder cannot be written, another server runs on it (FolderInUse), the file is
  // not a database of this program, or it was written by a newer version.
  explicit SqliteStore(const SqliteStoreOptions& options);
  ~SqliteStore();  // same as stop()
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  [[nodiscard]] accounts::AccountStore& accounts();
  [[nodiscard]] jobs::JobStore& jobs();
  [[nodiscard]] jobs::ScheduleStore& schedules();
  [[nodiscard]] jobs::WebhookStore& webhooks();

  // False from a failed transaction (disk full, I/O error) until one succeeds again; the store tries by itself every
  // second.
  [[nodiscard]] bool healthy() const;
  [[nodiscard]] SqliteStoreStatistics statistics() const;

  // Finishes what was asked, then closes the file; later calls throw StoreFailure. Blocks. Idempotent.
  void stop();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace taskgate::sqlite
