#include "store/sqlite/writer.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>

#include "base/log.h"

namespace taskgate::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr auto probe_interval = 1s;

// Resumes many coroutines of one executor with one post.
class Resumption {
 public:
  explicit Resumption(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  [[nodiscard]] bool is_for(const boost::asio::any_io_executor& executor) const { return executor_ == executor; }
  void add(Command::Handler handler) { handlers_.push_back(std::move(handler)); }
  void post() && {
    const auto executor = executor_;
    boost::asio::post(executor, std::move(*this));
  }
  void operator()() {
    while (next_ < handlers_.size()) {
      auto handler = std::move(handlers_[next_++]);
      try {
        std::move(handler)();
      } catch (...) {
        // What a coroutine's owner lets escape is for the loop to see; the others must still be resumed.
        std::move(*this).post();
        throw;
      }
    }
  }

 private:
  boost::asio::any_io_executor executor_;
  std::vector<Command::Handler> handlers_;
  std::size_t next_ = 0;
};

class ResumptionsByExecutor {
 public:
  void add(Command::Handler handler) {
    const auto executor = boost::asio::get_associated_executor(handler);
    for (auto& group : groups_) {
      if (group.is_for(executor)) return group.add(std::move(handler));
    }
    groups_.emplace_back(executor).add(std::move(handler));
  }
  void post_all() {
    for (auto& group : groups_) std::move(group).post();
    groups_.clear();
  }

 private:
  std::vector<Resumption> groups_;
};

// After a command has spoilt the transaction of others, so many of the next are kept apart from each other: should it
// come again, it fails alone.
constexpr std::size_t careful_commands = 10'000;

}  // namespace

Writer::Writer(Database database, Options options) : options_(options), database_(std::move(database)) {
  context_.emplace(*database_, options_.fair_share_every);
  context_->backlog_max = options_.backlog_max;
  context_->ids = options_.ids;
  if (options_.with_queue) set_counts_right(rebuild_memory());
  thread_ = std::thread(&Writer::work, this);
}

Writer::~Writer() { stop(); }

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  context_.reset();
  database_.reset();
}

Writer::Statistics Writer::statistics() const { return {transactions_, commands_, failed_transactions_}; }

void Writer::submit(Command& command, Command::Handler handler) {
  command.handler_.emplace(std::move(handler));
  bool wake = false;
  const char* refusal = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refusal = "the store has stopped";
    } else if (outstanding_commands_ >= options_.commands_max || outstanding_bytes_ > options_.bytes_max) {
      refusal = "too many changes are waiting to be stored";
    } else {
      queue_.push_back(&command);
      ++outstanding_commands_;
      outstanding_bytes_ += command.traits_.bytes;
      wake = std::exchange(idle_, false);
    }
  }
  if (wake) wake_.notify_one();
  if (refusal == nullptr) return;
  command.failure_ = std::make_exception_ptr(StoreFailure(refusal));
  ResumptionsByExecutor resumptions;
  resumptions.add(std::move(*command.handler_));
  resumptions.post_all();
}

bool Writer::wait_for_commands(std::vector<Command*>& taken) {
  taken.clear();
  std::unique_lock lock(mutex_);
  const auto something = [this] { return stopping_ || !queue_.empty(); };
  idle_ = queue_.empty();
  if (healthy()) {
    wake_.wait(lock, something);
  } else {
    wake_.wait_for(lock, probe_interval, something);
  }
  idle_ = false;
  taken.swap(queue_);
  return !(stopping_ && taken.empty());
}

void Writer::work() {
  std::vector<Command*> taken;
  while (wait_for_commands(taken)) {
    if (taken.empty()) {
      run_batch({});
    } else {
      run_in_batches(taken);
    }
  }
}

void Writer::run_in_batches(std::vector<Command*>& commands) {
  std::size_t start = 0;
  while (start < commands.size()) {
    std::size_t end = start;
    std::size_t bytes = 0;
    while (end < commands.size() && end - start < options_.batch_commands_max && bytes <= options_.batch_bytes_max) {
      bytes += commands[end++]->traits_.bytes;
    }
    const std::span<Command* const> batch(commands.data() + start, end - start);
    run_batch(batch);
    {
      const std::lock_guard lock(mutex_);
      outstanding_commands_ -= batch.size();
      outstanding_bytes_ -= bytes;
    }
    answer(batch);
    start = end;
  }
}

void Writer::run_batch(std::span<Command* const> batch) {
  const auto changes = context_->live.changes();
  try {
    if (!memory_is_current_) (void)rebuild_memory();
    Transaction transaction(*database_, Transaction::Kind::write);
    apply_all(batch);
    transaction.commit();
    transactions_ += 1;
    set_healthy(true, "");
  } catch (const std::exception& error) {
    if (context_->live.changes() != changes) memory_is_current_ = false;
    recover_from(error, batch);
  }
}

LiveCounts Writer::rebuild_memory() {
  auto live = context_->live.rebuild(context_->rows, context_->controls);
  context_->terms.rebuild(context_->rows);
  context_->webhook_users.rebuild(*database_);
  memory_is_current_ = true;
  return live;
}

void Writer::set_counts_right(const LiveCounts& live) {
  if (!live_counts_differ(*database_, live)) return;
  // Somebody edited the database by hand, or restored a part of it.
  Transaction transaction(*database_, Transaction::Kind::write);
  const auto differences = recount_jobs(*database_);
  transaction.commit();
  log::warning("store: the numbers of jobs were not what the jobs are; counted anew",
               {{"differences", std::to_string(differences.size())}});
}

void Writer::apply_all(std::span<Command* const> batch) {
  for (Command* command : batch) apply_one(*command);
  context_->counts.write();
  if (!healthy()) write_probe();
}

void Writer::apply_one(Command& command) {
  const auto changes = context_->live.changes();
  const bool savepoint = careful_for_ > 0 || command.traits_.isolation == Isolation::savepoint;
  if (careful_for_ > 0) --careful_for_;
  if (savepoint) database_->statement("SAVEPOINT command").execute();
  try {
    command.apply(*context_);
    context_->counts.keep();
  } catch (const std::exception& error) {
    const auto* refused = dynamic_cast<const DatabaseError*>(&error);
    const bool left_no_trace = refused != nullptr && refused->is_constraint() && context_->live.changes() == changes;
    if (concerns_all(error)) throw;
    if (!savepoint && !left_no_trace) {
      careful_for_ = careful_commands;
      throw;
    }
    log::error("store: a change failed by itself", {{"error", error.what()}});
    command.failure_ = std::make_exception_ptr(StoreFailure(error.what()));
    undo(savepoint, changes);
  }
  if (savepoint) database_->statement("RELEASE command").execute();
}

// Whether the error is of the disk or the connection, and the transaction with all its commands is lost.
bool Writer::concerns_all(const std::exception& error) {
  if (!database_->in_transaction() || dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const auto* failure = dynamic_cast<const DatabaseError*>(&error);
  return failure != nullptr && failure->is_of_the_engine();
}

void Writer::undo(bool savepoint, std::uint64_t changes_before) {
  if (savepoint) database_->statement("ROLLBACK TO command").execute();
  context_->counts.undo();
  context_->rows.undone();
  // Rows as they stand within this transaction: what the other commands have done is in them.
  if (context_->live.changes() != changes_before) (void)rebuild_memory();
}

void Writer::write_probe() {
  // The smallest change there is: after a failure it shows that the disk takes writes again.
  const auto version = database_->integer("PRAGMA user_version");
  database_->execute(fmt::format("PRAGMA user_version = {}", version).c_str());
}

void Writer::recover_from(const std::exception& error, std::span<Command* const> batch) {
  failed_transactions_ += 1;
  context_->counts.forget();
  context_->rows.undone();
  set_healthy(false, error.what());
  const auto failure = std::make_exception_ptr(StoreFailure(error.what()));
  for (Command* command : batch) command->failure_ = failure;
  if (memory_is_current_) return;
  try {
    (void)rebuild_memory();
  } catch (const std::exception& second) {
    // The next batch tries again; until then every command is refused.
    log::error("store: the queue cannot be rebuilt from the database", {{"error", second.what()}});
  }
}

void Writer::set_healthy(bool healthy, const char* message) {
  if (healthy_.exchange(healthy) == healthy) return;
  if (healthy) {
    log::info("store: writing works again");
  } else {
    log::error("store: the database cannot be written", {{"error", message}});
  }
}

void Writer::answer(std::span<Command* const> batch) {
  ResumptionsByExecutor resumptions;
  std::uint64_t succeeded = 0;
  for (Command* command : batch) {
    if (!command->failure_) ++succeeded;
    resumptions.add(std::move(*command->handler_));
  }
  commands_ += succeeded;
  // From here on the commands may be gone with their coroutines.
  resumptions.post_all();
}

}  // namespace taskgate::sqlite
