#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/worker_pool.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Read connections on threads of their own. Each read sees everything that was committed before it began, also by other
// programs.
class Readers {
 public:
  // Opens `count` connections. Throws DatabaseError.
  Readers(const std::filesystem::path& file, std::size_t count, const Database::Options& options);
  ~Readers();  // same as stop()

  // Runs `read`, a callable (Database&) → Value, inside one read transaction. Throws StoreFailure, also when too many
  // reads wait.
  template <class Read>
  Awaitable<std::invoke_result_t<Read&, Database&>> execute(Read read) {
    using Value = std::invoke_result_t<Read&, Database&>;
    auto work = [this, inner = std::move(read)]() mutable -> Value {
      const Lease lease(*this);
      Transaction transaction(lease.database(), Transaction::Kind::read);
      return inner(lease.database());
    };
    auto task = run_in<Value>(pool_, std::move(work));
    auto value = co_await std::move(task);
    if (!value) throw StoreFailure("too many reads are waiting");
    co_return std::move(*value);
  }
  // Lets running reads end and closes the connections; later reads fail. Idempotent.
  void stop();

 private:
  // One of the free connections, while a read lasts.
  class Lease {
   public:
    explicit Lease(Readers& readers);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] Database& database() const { return *database_; }

   private:
    Readers& readers_;
    std::unique_ptr<Database> database_;
  };

  std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> free_;  // never empty when a pool thread asks: as many as threads
  WorkerPool pool_;
};

}  // namespace taskgate::sqlite
