#include "jobs/scheduler.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "base/log.h"
#include "jobs/store_pause.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t schedules_per_look = 100;
constexpr milliseconds shortest_wait{1};
// Waits for a moment of the wall clock are cut into pieces of at most this, so that a clock that is set is noticed.
constexpr milliseconds longest_wait{60'000};

}  // namespace

class Scheduler::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(boost::asio::any_io_executor loop, ScheduleStore& store, JobService& jobs, const Clock& clock,
                 IdGenerator& ids, SchedulerOptions options)
      : loop_(std::move(loop)),
        store_(store),
        jobs_(jobs),
        clock_(clock),
        ids_(ids),
        options_(std::move(options)),
        alarm_(options_.alarms->make_alarm(loop_)),
        pause_(options_.alarms->make_alarm(loop_)),
        ended_(options_.alarms->make_alarm(loop_)) {}

  void listen(ScheduleService& service) {
    service.timing_changed.connect([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self) boost::asio::post(self->loop_, [self] { self->alarm_->ring(); });
    });
  }

  void start() {
    started_ = true;
    boost::asio::co_spawn(loop_, keep(shared_from_this()), [self = shared_from_this()](std::exception_ptr failure) {
      self->finished_ = true;
      self->ended_->ring();
      if (failure) self->report(failure);
    });
  }

  static Awaitable<void> stop(std::shared_ptr<Implementation> self) {
    if (!self->started_) co_return;
    self->quitting_ = true;
    self->alarm_->ring();
    self->pause_.ring();
    while (!self->finished_) co_await self->ended_->wait(std::nullopt);
  }

  [[nodiscard]] const boost::asio::any_io_executor& loop() const { return loop_; }

 private:
  static void report(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log::error("the scheduler ended unexpectedly", {{"error", error.what()}});
    }
  }

  static Awaitable<void> keep(std::shared_ptr<Implementation> self) {
    while (!self->quitting_) co_await self->look();
  }

  // Fires what is due, then waits for what is next.
  Awaitable<void> look() {
    auto call = store_.due(schedules_per_look, clock_.now());
    auto due = co_await try_store(std::move(call), "look for due schedules", pause_);
    if (!due || quitting_) co_return;
    if (!due->schedules.empty()) {
      co_await fire(std::move(due->schedules));
      co_return;
    }
    std::optional<milliseconds> wait;
    if (due->next) wait = std::clamp<milliseconds>(*due->next - clock_.now(), shortest_wait, longest_wait);
    co_await alarm_->wait(wait);
  }

  Awaitable<void> fire(std::vector<Schedule> schedules) {
    const Time now = clock_.now();
    std::vector<Firing> firings;
    firings.reserve(schedules.size());
    for (const Schedule& schedule : schedules) {
      firings.push_back(plan_firing(schedule, options_.job, ids_, now));
      auto allowed = owner_may_run(schedule.user_id);
      const bool may_run = co_await std::move(allowed);
      if (may_run || firings.back().kind != FiringKind::run) continue;
      firings.back().kind = FiringKind::pass_over;
      firings.back().reason = SkipReason::account_disabled;
      firings.back().job.reset();
    }
    auto call = store_.fire(std::move(firings), now);
    const auto answers = co_await try_store(std::move(call), "fire schedules", pause_);
    if (!answers) co_return;  // whether it happened or not: the store tells at the next look
    bool any = false;
    for (std::size_t index = 0; index < schedules.size(); ++index) {
      const Fired& fired = answers->at(index);
      if (fired.status == FireStatus::held && fired.refusal && !schedules[index].held_up()) {
        log::warning("a schedule waits for room",
                     {{"schedule", to_string(schedules[index].id)}, {"reason", fired.refusal->message}});
      }
      if (fired.status != FireStatus::fired) continue;
      any = true;
      jobs_.job_changed(*fired.job);
    }
    if (any) jobs_.work_available();
  }

  // When it cannot be told, the slot runs: an account that cannot be read must not lose slots.
  Awaitable<bool> owner_may_run(UserId user) {
    if (!options_.owner_may_run) co_return true;
    auto question = options_.owner_may_run(user);
    bool answer = true;
    try {
      answer = co_await std::move(question);
    } catch (const StoreFailure&) {
      answer = true;
    }
    co_return answer;
  }

  boost::asio::any_io_executor loop_;
  ScheduleStore& store_;
  JobService& jobs_;
  const Clock& clock_;
  IdGenerator& ids_;
  SchedulerOptions options_;
  std::shared_ptr<Alarm> alarm_;
  StorePause pause_;
  std::shared_ptr<Alarm> ended_;
  bool started_ = false;
  bool quitting_ = false;
  bool finished_ = false;
};

Scheduler::Scheduler(boost::asio::any_io_executor loop, ScheduleStore& store, ScheduleService& service,
                     JobService& jobs, const Clock& clock, IdGenerator& ids, SchedulerOptions options) {
  if (!options.alarms) options.alarms = std::make_shared<AlarmSource>();
  implementation_ = std::make_shared<Implementation>(std::move(loop), store, jobs, clock, ids, std::move(options));
  implementation_->listen(service);
}

Scheduler::~Scheduler() = default;

void Scheduler::start() { implementation_->start(); }

Awaitable<void> Scheduler::stop() {
  const auto kept = implementation_;
  auto task = Implementation::stop(kept);
  auto stopping = boost::asio::co_spawn(kept->loop(), std::move(task), boost::asio::use_awaitable);
  co_await std::move(stopping);
}

}  // namespace taskgate::jobs
