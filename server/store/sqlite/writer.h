#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/async.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// How a command that fails by itself (a duplicate id) is kept from spoiling the transaction it shares with others.
enum class Isolation {
  savepoint,    // undone to a savepoint
  first_write,  // nothing precedes the write that can fail, so there is nothing to undo
};

struct CommandTraits {
  Isolation isolation = Isolation::savepoint;
  std::size_t bytes = 0;  // of what it carries, roughly
};

// A change that waits for the writer. It lives in the frame of the coroutine that waits for it.
class Command {
 public:
  using Handler = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

  explicit Command(CommandTraits traits) : traits_(traits) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Does the change; throws when it cannot.
  virtual void apply(WriteContext& context) = 0;

 protected:
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  friend class Writer;
  CommandTraits traits_;
  std::exception_ptr failure_;
  std::optional<Handler> handler_;
};

template <class Value, class Work>
class CommandOf final : public Command {
 public:
  CommandOf(Work work, CommandTraits traits) : Command(traits), work_(std::move(work)) {}
  void apply(WriteContext& context) override { value_.emplace(work_(context)); }
  [[nodiscard]] Value take() {
    rethrow_failure();
    return std::move(*value_);
  }

 private:
  Work work_;
  std::optional<Value> value_;
};

// Owns the write connection and the queue in memory, on a thread of its own. It takes every command that is waiting,
// applies them in one transaction, commits with fsync, and only then resumes all who wait, each on its own executor:
// under load the batch grows by itself, idle it is one command.
//
// A command that fails by itself, for whatever reason, is undone alone where it has a savepoint. One without, which was
// not expected to fail, takes its transaction with it once; from then on every command has a savepoint for a while, so
// that it cannot do so again and again.
//
// When a transaction fails as a whole (disk full, I/O error), it is rolled back, the memory is built anew from the
// rows, and all commands of the batch fail with StoreFailure. Until a transaction succeeds again `healthy()` is false;
// the writer tries one by itself every second.
class Writer {
 public:
  struct Options {
    std::size_t commands_max = 16'384;                    // waiting at once; beyond that StoreFailure
    std::size_t bytes_max = std::size_t{256} << 20;       // likewise, carried by those that wait
    std::size_t batch_commands_max = 4'096;               // in one transaction
    std::size_t batch_bytes_max = std::size_t{32} << 20;  // likewise
    std::uint32_t fair_share_every = 8;
    std::int64_t backlog_max = 0;  // pending jobs per user; 0: no cap
    bool with_queue = true;        // false: no jobs in memory, commands on jobs are refused
    IdGenerator* ids = nullptr;    // for jobs that commands make; needed with the queue
  };
  // What has been done so far.
  struct Statistics {
    std::uint64_t transactions = 0;         // committed
    std::uint64_t commands = 0;             // answered with success
    std::uint64_t failed_transactions = 0;  // rolled back as a whole
  };

  // Builds the memory from the rows. Throws DatabaseError.
  Writer(Database database, Options options);
  ~Writer();  // same as stop()
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Queues `work`, a callable (WriteContext&) → Value, and gives its value when it is on disk. Throws StoreFailure when
  // it did not happen. The loop of the waiting coroutine must outlive the wait.
  template <class Work>
  Awaitable<std::invoke_result_t<Work&, WriteContext&>> execute(Work work, CommandTraits traits) {
    CommandOf<std::invoke_result_t<Work&, WriteContext&>, Work> command(std::move(work), traits);
    auto initiate = [this, &command](Command::Handler handler) { submit(command, std::move(handler)); };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiate,
                                                                                       boost::asio::use_awaitable);
    co_return command.take();
  }

  [[nodiscard]] bool has_queue() const { return options_.with_queue; }
  [[nodiscard]] bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
  [[nodiscard]] Statistics statistics() const;
  // Applies what is queued, then ends the thread and closes the connection; later commands fail. Idempotent.
  void stop();

 private:
  void submit(Command& command, Command::Handler handler);
  void work();
  bool wait_for_commands(std::vector<Command*>& taken);
  void run_in_batches(std::vector<Command*>& commands);
  void run_batch(std::span<Command* const> batch);
  void apply_all(std::span<Command* const> batch);
  void apply_one(Command& command);
  [[nodiscard]] bool concerns_all(const std::exception& error);
  void undo(bool savepoint, std::uint64_t changes_before);
  void recover_from(const std::exception& error, std::span<Command* const> batch);
  LiveCounts rebuild_memory();
  // At the start: somebody may have edited the database by hand, or restored a part of it.
  void set_counts_right(const LiveCounts& live);
  void set_healthy(bool healthy, const char* message);
  void answer(std::span<Command* const> batch);
  void write_probe();

  Options options_;
  std::optional<Database> database_;
  std::optional<WriteContext> context_;
  bool memory_is_current_ = true;  // the writer's own
  std::size_t careful_for_ = 0;    // likewise: commands that get a savepoint each, whatever their traits say

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Command*> queue_;
  std::size_t outstanding_commands_ = 0;
  std::size_t outstanding_bytes_ = 0;
  bool idle_ = false;
  bool stopping_ = false;

  std::atomic<bool> healthy_{true};
  std::atomic<std::uint64_t> transactions_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<std::uint64_t> failed_transactions_{0};
  std::thread thread_;
};

}  // namespace taskgate::sqlite
