#include "jobs/job_runner.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "base/log.h"
#include "jobs/deadline_keeper.h"
#include "jobs/lease_keeper.h"
#include "jobs/runner_environment.h"
#include "jobs/running_attempt.h"
#include "jobs/settlement.h"
#include "jobs/store_pause.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

// Waits for a moment of the wall clock are cut into pieces of at most this, so that a clock that is set is noticed.
constexpr milliseconds longest_wait{60'000};
// How long a handler that was cut off may take to unwind before the runner leaves it behind.
constexpr milliseconds unwind_grace{1'000};

RunnerOptions completed(RunnerOptions options) {
  if (!options.random) {
    options.random = [engine = std::mt19937_64{std::random_device{}()}]() mutable {
      return std::uniform_real_distribution<double>{}(engine);
    };
  }
  if (!options.log_line) options.log_line = [](const std::string& line) { log::info(line); };
  if (!options.alarms) options.alarms = std::make_shared<AlarmSource>();
  return options;
}

HandlerOutcome timed_out(const Job& job) {
  FailedAttempt failed;
  failed.error = timeout_error(*job.terms.timeout);
  return failed;
}

void leave_out(TypeSelection& selection, std::vector<std::string> types) {
  if (selection.all_but) {
    selection.types.insert(selection.types.end(), types.begin(), types.end());
    return;
  }
  std::erase_if(selection.types, [&types](const std::string& each) {
    return std::find(types.begin(), types.end(), each) != types.end();
  });
}

std::optional<Time> earlier(std::optional<Time> one, std::optional<Time> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

// One registration: its jobs, and the coroutine that claims for it.
struct Lane {
  HandlerRegistration registration;
  std::size_t running = 0;
  std::shared_ptr<Alarm> wake;
  StorePause pause;
};

}  // namespace

class JobRunner::Implementation : public std::enable_shared_from_this<JobRunner::Implementation> {
 public:
  Implementation(RunnerEnvironment environment, std::vector<HandlerRegistration> handlers);
  void connect_signals();
  void start();
  Awaitable<void> shut_down();
  [[nodiscard]] const boost::asio::any_io_executor& loop() const { return environment_->loop; }

 private:
  void spawn(Awaitable<void> task);
  Awaitable<void> recover_and_serve();
  Awaitable<void> keep_leases();
  Awaitable<void> keep_deadlines();
  Awaitable<void> time_out(std::shared_ptr<RunningAttempt> attempt);
  Awaitable<void> claim_for(Lane* lane);
  Awaitable<void> wait_for_work(Lane* lane, std::optional<Time> next_due);
  void begin(Lane* lane, const Job& job, std::optional<std::string> checkpoint);
  Awaitable<void> attempt_job(Lane* lane, std::shared_ptr<RunningAttempt> attempt);
  Awaitable<void> settle(std::shared_ptr<RunningAttempt> attempt, HandlerOutcome outcome);
  Awaitable<void> save_words(std::shared_ptr<RunningAttempt> attempt);
  Awaitable<void> save_all_words();
  void report_settled(const Job& job, const Settlement& settlement, const Settled& settled);
  void report_dropped(const RunningAttempt& attempt);
  Awaitable<void> cut_after_grace(std::shared_ptr<RunningAttempt> attempt);
  Awaitable<void> release(std::vector<Job> jobs);
  Awaitable<void> release_running();
  Awaitable<void> wait_until_idle(milliseconds at_most);
  void stop_cancelled(JobId id, std::int64_t fence);
  void wake_lanes();

  std::shared_ptr<const RunnerEnvironment> environment_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  RunningSet running_;
  LeaseKeeper keeper_;
  DeadlineKeeper deadlines_;
  std::shared_ptr<Alarm> changed_;  // an attempt or a claiming coroutine ended
  StorePause stop_pause_;
  std::size_t claiming_ = 0;  // coroutines that may begin attempts
  int keeping_ = 0;           // the two keepers, while they work
  bool stopping_ = false;
  bool giving_up_ = false;  // the grace is over: nothing more is waited for
  std::atomic<bool> wake_posted_{false};
  std::atomic<bool> watch_posted_{false};
};

JobRunner::Implementation::Implementation(RunnerEnvironment environment, std::vector<HandlerRegistration> handlers)
    : environment_(std::make_shared<RunnerEnvironment>(std::move(environment))),
      keeper_(environment_, running_),
      deadlines_(environment_),
      changed_(environment_->make_alarm()),
      stop_pause_(environment_->make_alarm()) {
  for (HandlerRegistration& registration : handlers) {
    registration.concurrency = std::max<std::size_t>(registration.concurrency, 1);
    lanes_.push_back(std::make_unique<Lane>(
        Lane{std::move(registration), 0, environment_->make_alarm(), StorePause{environment_->make_alarm()}}));
  }
}

// Signals arrive on any thread; all they do is post to the loop.
void JobRunner::Implementation::connect_signals() {
  const std::weak_ptr<Implementation> weak = weak_from_this();
  environment_->service.work_available.connect([weak] {
    const auto self = weak.lock();
    // A burst of submissions wakes the loop once.
    if (!self || self->wake_posted_.exchange(true)) return;
    boost::asio::post(self->loop(), [self] {
      self->wake_posted_ = false;
      self->wake_lanes();
    });
  });
  environment_->service.job_cancelled.connect([weak](const JobId& id, const std::int64_t& fence) {
    const auto self = weak.lock();
    if (self) boost::asio::post(self->loop(), [self, id, fence] { self->stop_cancelled(id, fence); });
  });
  environment_->service.job_changed.connect([weak](const Job& job) {
    if (job.status != JobStatus::processing) return;
    const auto self = weak.lock();
    if (!self || job.worker == self->environment_->options.worker) return;
    // A burst of claims wakes the loop once.
    if (self->watch_posted_.exchange(true)) return;
    boost::asio::post(self->loop(), [self] {
      self->watch_posted_ = false;
      self->keeper_.watch_others();
    });
  });
  environment_->service.job_changed.connect([weak](const Job& job) {
    if (job.terms.empty_of_deadlines()) return;
    const auto self = weak.lock();
    if (!self || !self->deadlines_.is_news(job)) return;
    boost::asio::post(self->loop(), [self] { self->deadlines_.look_again(); });
  });
}

void JobRunner::Implementation::start() {
  ++claiming_;
  spawn(recover_and_serve());
}

// Every task keeps the implementation alive until it has ended.
void JobRunner::Implementation::spawn(Awaitable<void> task) {
  auto ended = [self = shared_from_this()](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log::error("a task of the job runner ended unexpectedly", {{"error", error.what()}});
    }
  };
  boost::asio::co_spawn(loop(), std::move(task), std::move(ended));
}

Awaitable<void> JobRunner::Implementation::recover_and_serve() {
  bool recovered = false;
  while (!recovered && !stopping_) recovered = co_await keeper_.recover();
  if (recovered && !stopping_) {
    keeping_ = 2;
    spawn(keep_leases());
    spawn(keep_deadlines());
    for (const auto& lane : lanes_) {
      ++claiming_;
      spawn(claim_for(lane.get()));
    }
  }
  --claiming_;
  changed_->ring();
}

Awaitable<void> JobRunner::Implementation::keep_leases() {
  co_await keeper_.keep();
  --keeping_;
  changed_->ring();
}

Awaitable<void> JobRunner::Implementation::keep_deadlines() {
  co_await deadlines_.keep();
  --keeping_;
  changed_->ring();
}

Awaitable<void> JobRunner::Implementation::claim_for(Lane* lane) {
  const RunnerOptions& options = environment_->options;
  while (!stopping_) {
    const std::size_t free = lane->registration.concurrency - lane->running;
    if (free == 0) {
      co_await lane->wake->wait(std::nullopt);
      continue;
    }
    ClaimRequest request{options.worker, lane->registration.types, free, options.lease};
    std::optional<Time> types_change;
    if (const auto& others = lane->registration.left_to_workers) {
      auto left = others->at(environment_->clock.now());
      leave_out(request.types, std::move(left.types));
      types_change = left.until;
    }
    auto call = environment_->store.claim(std::move(request), environment_->clock.now());
    auto claim = co_await try_store(std::move(call), "claim", lane->pause);
    if (!claim) continue;
    if (stopping_) {
      co_await release(std::move(claim->jobs));
      break;
    }
    for (const Job& job : claim->jobs) {
      const auto checkpoint = claim->checkpoints.find(job.id);
      begin(lane, job, checkpoint == claim->checkpoints.end() ? std::nullopt : std::optional(checkpoint->second));
    }
    if (claim->jobs.size() < free) co_await wait_for_work(lane, earlier(claim->next_due, types_change));
  }
  --claiming_;
  changed_->ring();
}

Awaitable<void> JobRunner::Implementation::wait_for_work(Lane* lane, std::optional<Time> next_due) {
  bool rang = false;
  while (!rang && !stopping_) {
    if (!next_due) {
      rang = co_await lane->wake->wait(std::nullopt);
      continue;
    }
    const milliseconds left = *next_due - environment_->clock.now();
    if (left.count() <= 0) co_return;
    const milliseconds piece = std::min(left, longest_wait);
    rang = co_await lane->wake->wait(piece);
  }
}

void JobRunner::Implementation::begin(Lane* lane, const Job& job, std::optional<std::string> checkpoint) {
  RunningAttempt::Outlets outlets;
  outlets.log_line = environment_->options.log_line;
  outlets.progressed = [this] { keeper_.look_again(); };
  outlets.told_to_stop = [this](std::shared_ptr<RunningAttempt> stopped) {
    // When the server stops, shut_down does the cutting.
    if (stopped->stop_reason() != StopReason::server_stopping) spawn(cut_after_grace(std::move(stopped)));
  };
  auto attempt = std::make_shared<RunningAttempt>(job, std::move(checkpoint), environment_->make_alarm(),
                                                  environment_->make_alarm(), std::move(outlets));
  running_.emplace(std::pair{job.id, job.fence}, attempt);
  ++lane->running;
  environment_->service.job_changed(job);
  keeper_.look_again();
  if (job.terms.timeout) {
    attempt->deadline = environment_->make_alarm();
    spawn(time_out(attempt));
  }
  spawn(attempt_job(lane, std::move(attempt)));
}

Awaitable<void> JobRunner::Implementation::time_out(std::shared_ptr<RunningAttempt> attempt) {
  co_await attempt->deadline->wait(*attempt->job().terms.timeout);
  if (attempt->settling || attempt->stopped()) co_return;
  attempt->stop(StopReason::timed_out);
  // Should the handler never end, its lease will: then the job goes back to the queue.
  keeper_.watch_others();
}

Awaitable<void> JobRunner::Implementation::attempt_job(Lane* lane, std::shared_ptr<RunningAttempt> attempt) {
  auto running = outcome_of(lane->registration.handler, attempt);
  HandlerOutcome outcome = co_await std::move(running);
  attempt->settling = true;
  attempt->ended->ring();
  if (attempt->deadline) attempt->deadline->ring();
  if (attempt->stop_reason() == StopReason::timed_out) {
    co_await settle(attempt, timed_out(attempt->job()));
  } else if (attempt->stopped()) {
    report_dropped(*attempt);
  } else {
    co_await settle(attempt, std::move(outcome));
  }
  running_.erase({attempt->job().id, attempt->job().fence});
  --lane->running;
  lane->wake->ring();
  changed_->ring();
}

// Tries until the store has taken it: a job that was done is not done again because the store was away.
Awaitable<void> JobRunner::Implementation::settle(std::shared_ptr<RunningAttempt> attempt, HandlerOutcome outcome) {
  const Job& job = attempt->job();
  const RunnerOptions& options = environment_->options;
  const Time ended = environment_->clock.now();
  const Settlement settlement =
      settlement_of(job, outcome, options.backoff, options.result_bytes_max, options.random(), ended);
  if (attempt->words_under_way || !attempt->unsaved_words.empty()) co_await save_words(attempt);
  StorePause pause{attempt->alarm()};
  while (!giving_up_) {
    std::vector<Settlement> batch;
    batch.push_back(settlement);
    auto call = environment_->store.settle(std::move(batch), environment_->clock.now());
    const auto settled = co_await try_store(std::move(call), "settle", pause);
    if (!settled) continue;
    if (settled->at(0).status == SettleStatus::ok) options.log_line(settlement_line(job, settlement, ended));
    co_return report_settled(job, settlement, settled->at(0));
  }
}

// What the handler said last: it belongs before the outcome, which ends the lease.
Awaitable<void> JobRunner::Implementation::save_words(std::shared_ptr<RunningAttempt> attempt) {
  StorePause pause{attempt->alarm()};
  while (!giving_up_) {
    if (attempt->words_under_way) {
      co_await attempt->alarm()->wait(std::nullopt);
      continue;
    }
    if (attempt->unsaved_words.empty()) co_return;
    std::vector<Beat> beats;
    beats.push_back({attempt->job().id, attempt->job().fence, std::nullopt, std::nullopt, std::nullopt});
    attempt->take_words(beats[0]);
    auto call = environment_->store.beat(beats, environment_->clock.now());
    const auto answers = co_await try_store(std::move(call), "beat", pause);
    if (!answers) {
      attempt->give_back_words(beats[0]);
      continue;
    }
    const auto& job = answers->at(0);
    if (job && !beats[0].log.empty()) {
      environment_->service.job_logged({job->id, job->user_id, job->attempts, beats[0].log});
    }
  }
}

void JobRunner::Implementation::report_settled(const Job& job, const Settlement& settlement, const Settled& settled) {
  if (settled.status == SettleStatus::cancelled) {
    environment_->options.log_line(attempt_name(job) + " cancelled; its outcome was dropped");
  } else if (settled.status == SettleStatus::stale_lease) {
    environment_->options.log_line(attempt_name(job) + " lost its lease; its outcome was dropped");
  }
  if (settled.status != SettleStatus::ok) return;
  environment_->service.job_changed(*settled.job);
  const bool waits_again = settlement.kind == SettlementKind::retry || settlement.kind == SettlementKind::release;
  if (waits_again) environment_->service.work_available();
}

void JobRunner::Implementation::report_dropped(const RunningAttempt& attempt) {
  const std::string name = attempt_name(attempt.job());
  if (attempt.stop_reason() == StopReason::cancelled) environment_->options.log_line(name + " cancelled");
  if (attempt.stop_reason() == StopReason::lease_lost) {
    environment_->options.log_line(name + " lost its lease; its outcome was dropped");
  }
}

// The signal comes later than the cancel: by then the job may have been retried, and run anew.
void JobRunner::Implementation::stop_cancelled(JobId id, std::int64_t fence) {
  for (const auto& [key, attempt] : running_) {
    if (key.first == id && key.second < fence && !attempt->settling) attempt->stop(StopReason::cancelled);
  }
}

Awaitable<void> JobRunner::Implementation::cut_after_grace(std::shared_ptr<RunningAttempt> attempt) {
  co_await attempt->ended->wait(environment_->options.stop_grace);
  if (!attempt->settling) attempt->cut();
}

void JobRunner::Implementation::wake_lanes() {
  for (const auto& lane : lanes_) lane->wake->ring();
}

Awaitable<void> JobRunner::Implementation::shut_down() {
  stopping_ = true;
  wake_lanes();
  for (const auto& lane : lanes_) lane->pause.ring();
  keeper_.hurry();
  deadlines_.quit();
  // A claim that is under way still returns; what it brings is released.
  co_await wait_until_idle(environment_->options.stop_grace);
  giving_up_ = true;
  co_await release_running();
  for (const auto& [key, attempt] : running_) attempt->alarm()->ring();
  co_await wait_until_idle(unwind_grace);
  for (const auto& [key, attempt] : running_) attempt->cut();
  co_await wait_until_idle(unwind_grace);
  if (!running_.empty()) log::warning("handlers did not stop", {{"count", running_.size()}});
  keeper_.quit();
  while (keeping_ > 0) co_await changed_->wait(std::nullopt);
}

Awaitable<void> JobRunner::Implementation::wait_until_idle(milliseconds at_most) {
  const Time begun = environment_->clock.now();
  while (claiming_ > 0 || !running_.empty()) {
    const milliseconds gone = environment_->clock.now() - begun;
    if (gone.count() < 0 || gone >= at_most) co_return;
    const milliseconds left = at_most - gone;
    co_await changed_->wait(left);
  }
}

// Hands back what still runs. Its handlers are told to stop; whatever they return does not count any more.
Awaitable<void> JobRunner::Implementation::release_running() {
  co_await save_all_words();
  std::vector<Job> jobs;
  for (const auto& [key, attempt] : running_) {
    if (attempt->stopped() || attempt->settling) continue;
    attempt->stop(StopReason::server_stopping);
    jobs.push_back(attempt->job());
  }
  co_await release(std::move(jobs));
}

// What handlers left for the next attempt is for just this.
Awaitable<void> JobRunner::Implementation::save_all_words() {
  std::vector<Beat> beats;
  for (const auto& [key, attempt] : running_) {
    if (attempt->stopped() || attempt->settling || attempt->unsaved_words.empty()) continue;
    Beat beat{key.first, key.second, std::nullopt, std::nullopt, std::nullopt};
    attempt->take_words(beat);
    beats.push_back(std::move(beat));
  }
  if (beats.empty()) co_return;
  auto call = environment_->store.beat(std::move(beats), environment_->clock.now());
  co_await try_store(std::move(call), "beat", stop_pause_);
}

Awaitable<void> JobRunner::Implementation::release(std::vector<Job> jobs) {
  if (jobs.empty()) co_return;
  std::vector<Settlement> settlements;
  for (const Job& job : jobs) {
    settlements.push_back({job.id, job.fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt});
  }
  constexpr int tries = 3;
  for (int attempt = 0; attempt < tries; ++attempt) {
    auto call = environment_->store.settle(settlements, environment_->clock.now());
    const auto settled = co_await try_store(std::move(call), "release", stop_pause_);
    if (!settled) continue;
    for (std::size_t index = 0; index < jobs.size(); ++index) {
      if (settled->at(index).status == SettleStatus::ok) {
        environment_->options.log_line(settlement_line(jobs[index], settlements[index], environment_->clock.now()));
      }
      report_settled(jobs[index], settlements[index], settled->at(index));
    }
    co_return;
  }
}

JobRunner::JobRunner(boost::asio::any_io_executor loop, JobStore& store, JobService& service, const Clock& clock,
                     RunnerOptions options, std::vector<HandlerRegistration> handlers) {
  RunnerEnvironment environment{std::move(loop), store, service, clock, completed(std::move(options))};
  implementation_ = std::make_shared<Implementation>(std::move(environment), std::move(handlers));
  implementation_->connect_signals();
}

JobRunner::~JobRunner() = default;

void JobRunner::start() { implementation_->start(); }

Awaitable<void> JobRunner::stop() {
  // On the runner's loop, wherever the caller is.
  const auto kept = implementation_;
  auto task = kept->shut_down();
  auto stopping = boost::asio::co_spawn(kept->loop(), std::move(task), boost::asio::use_awaitable);
  co_await std::move(stopping);
}

}  // namespace taskgate::jobs
