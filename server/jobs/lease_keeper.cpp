#include "jobs/lease_keeper.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "jobs/settlement.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds reclaim_every{1'000};
// No look for so long, though there should have been one each second: the program was suspended, or the clock was set.
constexpr milliseconds longest_gap{10'000};
// Held by nobody.
constexpr const char* nobody = "";

// Whether so much time has passed; also when the clock was set back, because then nobody knows.
bool passed(Time since, milliseconds duration, Time now) { return now < since || now - since >= duration; }

milliseconds remaining(Time since, milliseconds duration, Time now) {
  return passed(since, duration, now) ? milliseconds{0} : duration - (now - since);
}

bool carries_news(const Beat& beat) { return beat.progress || beat.checkpoint || !beat.log.empty(); }

void take_news(RunningAttempt& attempt, Beat& beat) {
  if (const auto progress = std::exchange(attempt.unsaved_progress, std::nullopt)) {
    beat.progress = progress->percent;
    beat.progress_message = progress->message;
  }
  attempt.words_under_way = !attempt.unsaved_words.empty();
  attempt.take_words(beat);
}

// The settlement waits for what the attempt said.
void words_arrived(RunningAttempt& attempt) {
  if (std::exchange(attempt.words_under_way, false) && attempt.settling) attempt.alarm()->ring();
}

void give_back_news(RunningAttempt& attempt, Beat& beat) {
  if (beat.progress && !attempt.unsaved_progress) attempt.unsaved_progress = {*beat.progress, *beat.progress_message};
  attempt.give_back_words(beat);
  words_arrived(attempt);
}

}  // namespace

LeaseKeeper::LeaseKeeper(std::shared_ptr<const RunnerEnvironment> environment, RunningSet& running)
    : environment_(std::move(environment)),
      running_(running),
      alarm_(environment_->make_alarm()),
      pause_(environment_->make_alarm()) {}

Awaitable<bool> LeaseKeeper::recover() {
  const RunnerOptions& options = environment_->options;
  auto call =
      environment_->store.recover(options.worker, options.crashes_max, options.lease, environment_->clock.now());
  const auto crashed = co_await try_store(std::move(call), "recover", pause_);
  if (crashed) report_crashed(*crashed);
  co_return crashed.has_value();
}

Awaitable<void> LeaseKeeper::keep() {
  while (!quitting_) {
    const bool beats_sent = co_await send_beats();
    if (!beats_sent || quitting_) continue;
    if (is_reclaim_due(environment_->clock.now())) {
      co_await reclaim();
      continue;
    }
    const auto next = until_next(environment_->clock.now());
    co_await alarm_->wait(next);
  }
}

void LeaseKeeper::quit() {
  quitting_ = true;
  alarm_->ring();
  pause_.ring();
}

void LeaseKeeper::watch_others() {
  ++watch_requests_;
  if (std::exchange(watching_others_, true)) return;
  reclaimed_at_.reset();
  alarm_->ring();
}

bool LeaseKeeper::is_renewal_due(const RunningAttempt& attempt, Time now) const {
  return !attempt.stopped() && passed(attempt.renewed_at, environment_->options.lease / 3, now);
}

bool LeaseKeeper::is_news_due(const RunningAttempt& attempt, Time now) const {
  if (attempt.stopped() || attempt.settling || !attempt.has_news()) return false;
  return !attempt.news_saved_at || passed(*attempt.news_saved_at, environment_->options.progress_every, now);
}

bool LeaseKeeper::is_reclaim_due(Time now) const {
  return watching_others_ && (!reclaimed_at_ || passed(*reclaimed_at_, reclaim_every, now));
}

std::optional<milliseconds> LeaseKeeper::until_next(Time now) const {
  std::optional<milliseconds> next;
  const auto consider = [&next](milliseconds wait) { next = next ? std::min(*next, wait) : wait; };
  for (const auto& [key, attempt] : running_) {
    if (attempt->stopped()) continue;
    consider(remaining(attempt->renewed_at, environment_->options.lease / 3, now));
    if (!attempt->has_news() || attempt->settling) continue;
    consider(attempt->news_saved_at ? remaining(*attempt->news_saved_at, environment_->options.progress_every, now)
                                    : milliseconds{0});
  }
  if (watching_others_ && reclaimed_at_) consider(remaining(*reclaimed_at_, reclaim_every, now));
  return next;
}

// Sends what is due. False when the store is broken, after a pause: what was not stored is still due.
Awaitable<bool> LeaseKeeper::send_beats() {
  const Time now = environment_->clock.now();
  std::vector<std::shared_ptr<RunningAttempt>> attempts;
  std::vector<Beat> beats;
  for (const auto& [key, attempt] : running_) {
    Beat beat{attempt->job().id, attempt->job().fence, std::nullopt, std::nullopt, std::nullopt};
    if (is_renewal_due(*attempt, now)) beat.extend = environment_->options.lease;
    if (is_news_due(*attempt, now)) take_news(*attempt, beat);
    if (!beat.extend && !carries_news(beat)) continue;
    attempts.push_back(attempt);
    beats.push_back(std::move(beat));
  }
  if (beats.empty()) co_return true;

  auto call = environment_->store.beat(beats, now);
  const auto answers = co_await try_store(std::move(call), "beat", pause_);
  if (!answers) others_were_cut_off_ = true;
  for (std::size_t index = 0; index < beats.size(); ++index) {
    if (answers) {
      take_answer(*attempts[index], beats[index], answers->at(index), now);
    } else {
      give_back_news(*attempts[index], beats[index]);
    }
  }
  co_return answers.has_value();
}

void LeaseKeeper::take_answer(RunningAttempt& attempt, const Beat& beat, const std::optional<Job>& answer,
                              Time sent_at) {
  if (beat.extend) attempt.renewed_at = sent_at;
  if (carries_news(beat)) attempt.news_saved_at = sent_at;
  words_arrived(attempt);
  if (answer && !beat.log.empty()) {
    environment_->service.job_logged({answer->id, answer->user_id, answer->attempts, beat.log});
  }
  if (attempt.settling) return;  // the settlement may have overtaken the beat: it decides
  if (!answer) {
    attempt.stop(StopReason::lease_lost);
  } else if (beat.progress) {
    environment_->service.job_changed(*answer);
  }
}

// Who holds a lease could not renew it while the store was broken or the program stood still. That is no sign that the
// holder is gone: as after a restart, it gets a lease's time to be heard of.
Awaitable<bool> LeaseKeeper::grant_fresh_leases() {
  const RunnerOptions& options = environment_->options;
  auto call = environment_->store.recover(nobody, options.crashes_max, options.lease, environment_->clock.now());
  const auto granted = co_await try_store(std::move(call), "prolong leases", pause_);
  if (!granted) co_return false;
  log::info("leases of workers were prolonged, because they could not renew them for a while");
  others_were_cut_off_ = false;
  reclaimed_at_ = environment_->clock.now();
  co_return true;
}

Awaitable<bool> LeaseKeeper::reclaim() {
  const Time now = environment_->clock.now();
  if (others_were_cut_off_ || (reclaimed_at_ && now - *reclaimed_at_ > longest_gap)) {
    const bool granted = co_await grant_fresh_leases();
    co_return granted;
  }
  const std::uint64_t requests_before = watch_requests_;
  auto reclaiming = environment_->store.reclaim_expired(environment_->options.crashes_max, now);
  const auto crashed = co_await try_store(std::move(reclaiming), "reclaim", pause_);
  others_were_cut_off_ = !crashed;
  if (!crashed) co_return false;
  reclaimed_at_ = environment_->clock.now();
  report_crashed(*crashed);

  const Scope everybody;
  auto counting = environment_->store.counts(everybody);
  const auto counts = co_await try_store(std::move(counting), "count", pause_);
  if (!counts) co_return false;
  const auto own =
      std::count_if(running_.begin(), running_.end(), [](const auto& each) { return !each.second->stopped(); });
  // Somebody may have claimed while we counted: then we look once more.
  if (counts->processing <= own && requests_before == watch_requests_) watching_others_ = false;
  co_return true;
}

void LeaseKeeper::report_crashed(const std::vector<Job>& jobs) {
  bool any_ready = false;
  for (const Job& job : jobs) {
    if (job.status != JobStatus::pending && job.status != JobStatus::failed) continue;
    any_ready = any_ready || job.status == JobStatus::pending;
    for (const auto& [key, attempt] : running_) {
      if (key.first == job.id && key.second <= job.fence) attempt->stop(StopReason::lease_lost);
    }
    environment_->options.log_line(crash_line(job, environment_->options.crashes_max));
    environment_->service.job_changed(job);
  }
  if (any_ready) environment_->service.work_available();
}

}  // namespace taskgate::jobs
