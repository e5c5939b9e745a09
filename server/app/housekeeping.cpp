#include "app/housekeeping.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"

namespace taskgate::app {

namespace {

constexpr std::chrono::minutes pause{5};
constexpr std::chrono::hours keep_ended_sessions{24 * 30};
// Few enough that whoever shares the transaction with a step waits a millisecond or two.
constexpr std::size_t rows_per_step = 100;
// After a step it rests so many times as long as the step took: three quarters of the store are left to others.
constexpr int rest_factor = 3;
constexpr std::chrono::milliseconds rest_min{1};

}  // namespace

// Shared with its own coroutine, so that it lives until that has ended.
class Housekeeping::Task : public std::enable_shared_from_this<Task> {
 public:
  Task(boost::asio::any_io_executor loop, accounts::AccountStore& accounts, jobs::JobStore& jobs, const Clock& clock,
       HousekeepingOptions options)
      : loop_(loop),
        timer_(loop),
        ended_(loop),
        accounts_(accounts),
        jobs_(jobs),
        clock_(clock),
        options_(std::move(options)) {
    ended_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  void start() {
    started_ = true;
    boost::asio::co_spawn(loop_, work(shared_from_this()),
                          [self = shared_from_this()](const std::exception_ptr&) { self->ended_.cancel(); });
  }

  static Awaitable<void> stop(std::shared_ptr<Task> self) {
    if (!self->started_) co_return;
    co_await boost::asio::post(self->loop_, boost::asio::use_awaitable);
    co_await boost::asio::co_spawn(self->loop_, end(self), boost::asio::use_awaitable);
  }

 private:
  static Awaitable<void> work(std::shared_ptr<Task> self) {
    while (!self->stopping_) {
      co_await self->tidy();
      if (self->stopping_) break;
      co_await self->wait(pause);
    }
    self->finished_ = true;
  }

  static Awaitable<void> end(std::shared_ptr<Task> self) {
    self->stopping_ = true;
    self->timer_.cancel();
    if (self->finished_) co_return;
    boost::system::error_code cancelled;
    co_await self->ended_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  }

  Awaitable<void> wait(std::chrono::steady_clock::duration time) {
    timer_.expires_after(time);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  }

  Awaitable<void> rest_after_step(std::chrono::steady_clock::time_point began) {
    const auto took = std::chrono::steady_clock::now() - began;
    co_await wait(std::max<std::chrono::steady_clock::duration>(took * rest_factor, rest_min));
  }

  Awaitable<void> tidy() {
    try {
      co_await prune_jobs();
      co_await prune_accounts();
    } catch (const std::exception& failure) {
      log::warning("housekeeping failed, trying again in five minutes", {{"error", failure.what()}});
    }
  }

  Awaitable<void> prune_jobs() {
    std::size_t removed = 0;
    std::optional<jobs::PrunePlace> place = jobs::PrunePlace{};
    while (place && !stopping_) {
      const auto began = std::chrono::steady_clock::now();
      const auto step = co_await jobs_.prune(options_.retention, *place, rows_per_step, clock_.now());
      removed += step.removed;
      place = step.next;
      if (place && !stopping_) co_await rest_after_step(began);
    }
    if (removed > 0) log::info("finished jobs removed", {{"jobs", std::to_string(removed)}});
  }

  Awaitable<void> prune_accounts() {
    std::size_t removed = rows_per_step;
    while (removed == rows_per_step && !stopping_) {
      const auto began = std::chrono::steady_clock::now();
      removed = co_await accounts_.prune(clock_.now() - keep_ended_sessions, rows_per_step);
      co_await rest_after_step(began);
    }
    if (!options_.keep_unverified) co_return;
    removed = rows_per_step;
    while (removed == rows_per_step && !stopping_) {
      const auto began = std::chrono::steady_clock::now();
      removed = co_await accounts_.prune_unverified(clock_.now() - *options_.keep_unverified, rows_per_step);
      if (removed > 0) log::info("accounts removed that were never verified", {{"accounts", std::to_string(removed)}});
      co_await rest_after_step(began);
    }
  }

  boost::asio::any_io_executor loop_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer ended_;
  accounts::AccountStore& accounts_;
  jobs::JobStore& jobs_;
  const Clock& clock_;
  HousekeepingOptions options_;
  bool started_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

Housekeeping::Housekeeping(boost::asio::any_io_executor loop, accounts::AccountStore& accounts, jobs::JobStore& jobs,
                           const Clock& clock, HousekeepingOptions options)
    : task_(std::make_shared<Task>(std::move(loop), accounts, jobs, clock, std::move(options))) {}

Housekeeping::~Housekeeping() = default;

void Housekeeping::start() { task_->start(); }

Awaitable<void> Housekeeping::stop() { return Task::stop(task_); }

}  // namespace taskgate::app
