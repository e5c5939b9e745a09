#include "app/housekeeping.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"

namespace taskgate::app {

namespace {

constexpr std::chrono::hours pause{1};
constexpr std::chrono::hours keep_ended_sessions{24 * 30};
constexpr std::size_t rows_per_step = 500;

}  // namespace

// Shared with its own coroutine, so that it lives until that has ended.
class Housekeeping::Task : public std::enable_shared_from_this<Task> {
 public:
  Task(boost::asio::any_io_executor loop, accounts::AccountStore& accounts, const Clock& clock)
      : loop_(loop), timer_(loop), ended_(loop), accounts_(accounts), clock_(clock) {
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
      co_await self->prune();
      if (self->stopping_) break;
      self->timer_.expires_after(pause);
      boost::system::error_code cancelled;
      co_await self->timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
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

  Awaitable<void> prune() {
    try {
      const auto before = clock_.now() - keep_ended_sessions;
      while (!stopping_) {
        const auto removed = co_await accounts_.prune(before, rows_per_step);
        if (removed < rows_per_step) break;
      }
    } catch (const std::exception& failure) {
      log::warning("housekeeping failed, trying again in an hour", {{"error", failure.what()}});
    }
  }

  boost::asio::any_io_executor loop_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer ended_;
  accounts::AccountStore& accounts_;
  const Clock& clock_;
  bool started_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

Housekeeping::Housekeeping(boost::asio::any_io_executor loop, accounts::AccountStore& accounts, const Clock& clock)
    : task_(std::make_shared<Task>(std::move(loop), accounts, clock)) {}

Housekeeping::~Housekeeping() = default;

void Housekeeping::start() { task_->start(); }

Awaitable<void> Housekeeping::stop() { return Task::stop(task_); }

}  // namespace taskgate::app
