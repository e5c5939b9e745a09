// Settles and beats: what workers say about jobs in their hands.

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.h"
#include "jobs/settlement.h"
#include "jobs/utf8_prefix.h"
#include "jobs/worker_service_implementation.h"

namespace taskgate::jobs {
namespace {

constexpr std::string_view outcome_ok = "ok";
constexpr std::string_view outcome_stale = "stale_lease";
constexpr std::string_view outcome_cancel = "cancel";
constexpr std::size_t message_bytes_max = 512;

// The lines of one beat as they are kept.
std::vector<LogLine> bounded(std::vector<LogLine> lines) {
  const std::size_t most = WorkerService::log_lines_per_beat_max;
  if (lines.size() > most) {
    const auto dropped = lines.size() - (most - 1);
    lines.resize(most);
    lines.back() = {fmt::format("{} more lines of this beat were dropped: at most {} are kept", dropped, most),
                    LogLevel::warn};
  }
  for (LogLine& line : lines) line.text = utf8_prefix(std::move(line.text), log_line_bytes_max);
  return lines;
}

std::string_view outcome_of(SettleStatus status) {
  switch (status) {
    case SettleStatus::ok:
      return outcome_ok;
    case SettleStatus::already_settled:
      return "already_settled";
    case SettleStatus::cancelled:
      return "cancelled";
    case SettleStatus::stale_lease:
      break;
  }
  return outcome_stale;
}

Job named(const LeaseGrant& grant) {
  Job job;
  job.id = grant.job;
  job.fence = grant.fence;
  return job;
}

// Only a failure depends on what else is known about the job.
Settlement settlement_for(const WorkerSettle& said, const Job& job, const WorkerOptions& options, Time now) {
  switch (said.verb) {
    case WorkerVerb::complete:
      if (said.result.size() > options.result_bytes_max) break;
      return {job.id, job.fence, SettlementKind::complete, said.result, std::nullopt, std::nullopt};
    case WorkerVerb::fail: {
      FailedAttempt failed{said.error, said.retryable};
      failed.delay = said.delay;
      const HandlerOutcome outcome = std::move(failed);
      return settlement_of(job, outcome, options.backoff, options.result_bytes_max, options.random(), now);
    }
    case WorkerVerb::snooze:
    case WorkerVerb::release: {
      Settlement back{job.id, job.fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt};
      if (said.verb == WorkerVerb::snooze && said.delay) back.run_at = now + *said.delay;
      return back;
    }
  }
  const HandlerOutcome too_large = Succeeded{said.result};
  return settlement_of(job, too_large, options.backoff, options.result_bytes_max, options.random(), now);
}

// One line per attempt; those that went well only where somebody looks for them.
void log_settled(const WorkerOptions& options, const Job& before, const Settlement& settlement, Time now) {
  const bool failed = settlement.kind == SettlementKind::fail || settlement.kind == SettlementKind::retry;
  if (failed) {
    options.log_line(settlement_line(before, settlement, now));
  } else if (settlement.kind == SettlementKind::complete && log::enabled(log::Level::debug)) {
    log::debug(settlement_line(before, settlement, now));
  }
}

}  // namespace

std::optional<LeaseGrant> WorkerService::Implementation::read_lease(const Principal& caller, const std::string& lease,
                                                                    JobId id) const {
  auto grant = leases.decode(lease);
  if (!grant || grant->job != id || grant->holder != caller.user_id) return std::nullopt;
  return grant;
}

Awaitable<std::optional<Job>> WorkerService::Implementation::job_in_hand(LeaseGrant grant) {
  {
    Access access(*this);
    if (const auto* held = access.registry().find(grant.job, grant.fence)) co_return held->job;
  }
  const Scope everybody;
  auto call = store.get(everybody, grant.job);
  auto job = co_await std::move(call);
  if (!job) co_return std::nullopt;
  job->fence = grant.fence;  // whether that is still the current one, the store decides
  co_return std::move(*job);
}

Awaitable<std::vector<Settled>> WorkerService::Implementation::carry_out(std::vector<Settlement> settlements) {
  std::vector<std::pair<JobId, std::int64_t>> leases_ended;
  leases_ended.reserve(settlements.size());
  for (const auto& each : settlements) leases_ended.emplace_back(each.id, each.fence);
  auto call = store.settle(std::move(settlements), clock.now());
  auto settled = co_await std::move(call);
  {
    Access access(*this);
    for (const auto& [id, fence] : leases_ended) access.registry().drop(id, fence);
  }
  bool any_waits = false;
  for (const auto& each : settled) {
    if (each.status != SettleStatus::ok) continue;
    jobs.job_changed(*each.job);
    any_waits = any_waits || each.job->status == JobStatus::pending;
  }
  if (any_waits) jobs.work_available();
  co_return settled;
}

Awaitable<std::size_t> WorkerService::Implementation::hand_back(std::vector<Job> handed) {
  if (handed.empty()) co_return 0;
  std::vector<Settlement> settlements;
  for (const Job& job : handed) {
    settlements.push_back({job.id, job.fence, SettlementKind::release, std::nullopt, std::nullopt, std::nullopt});
  }
  auto carrying = carry_out(std::move(settlements));
  const auto settled = co_await std::move(carrying);
  const auto taken = std::count_if(settled.begin(), settled.end(),
                                   [](const Settled& each) { return each.status == SettleStatus::ok; });
  co_return static_cast<std::size_t>(taken);
}

Awaitable<std::vector<WorkerAnswer>> WorkerService::settle(Principal caller, std::vector<WorkerSettle> settles) {
  const auto my = implementation_;
  const Time now = my->clock.now();
  std::vector<WorkerAnswer> answers;
  std::vector<std::size_t> places;         // in `answers`, of what goes to the store
  std::vector<std::optional<Job>> before;  // where more was to be known of the job
  std::vector<Settlement> settlements;
  std::optional<WorkerRegistry::Key> heard_of;
  answers.reserve(settles.size());
  places.reserve(settles.size());
  before.reserve(settles.size());
  settlements.reserve(settles.size());
  for (const WorkerSettle& said : settles) {
    answers.push_back({said.id, outcome_stale});
    const auto grant = my->read_lease(caller, said.lease, said.id);
    if (!grant) continue;
    std::optional<Job> known;
    if (said.verb == WorkerVerb::fail) {
      auto asking = my->job_in_hand(*grant);
      known = co_await std::move(asking);
      if (!known) continue;
    }
    places.push_back(answers.size() - 1);
    settlements.push_back(settlement_for(said, known ? *known : named(*grant), my->options, now));
    before.push_back(std::move(known));
    WorkerRegistry::Key worker{grant->holder, grant->worker};
    if (heard_of == worker) continue;  // mostly all are the words of one
    Implementation::Access access(*my);
    access.registry().seen(worker, now);
    heard_of = std::move(worker);
  }
  if (settlements.empty()) co_return answers;
  auto carrying = my->carry_out(settlements);
  const auto settled = co_await std::move(carrying);
  for (std::size_t at = 0; at < settled.size(); ++at) {
    answers[places[at]].outcome = outcome_of(settled[at].status);
    if (settled[at].status != SettleStatus::ok) continue;
    log_settled(my->options, before[at] ? *before[at] : *settled[at].job, settlements[at], now);
  }
  co_return answers;
}

Awaitable<std::vector<WorkerAnswer>> WorkerService::beat(Principal caller, std::vector<WorkerBeat> said) {
  const auto my = implementation_;
  std::vector<WorkerAnswer> answers;
  std::vector<std::size_t> places;
  std::vector<LeaseGrant> grants;
  std::vector<Beat> beats;
  for (WorkerBeat& each : said) {
    answers.push_back({each.id, outcome_stale});
    auto grant = my->read_lease(caller, each.lease, each.id);
    if (!grant) continue;
    Beat beat{grant->job, grant->fence, each.extend.value_or(grant->lease), std::nullopt, std::nullopt};
    if (each.progress) beat.progress = std::clamp(*each.progress, 0.0, 100.0);
    if (each.message) beat.progress_message = utf8_prefix(std::move(*each.message), message_bytes_max);
    beat.checkpoint = std::move(each.checkpoint);
    beat.log = bounded(std::move(each.log));
    places.push_back(answers.size() - 1);
    grants.push_back(std::move(*grant));
    beats.push_back(std::move(beat));
  }
  if (beats.empty()) co_return answers;
  auto call = my->store.beat(beats, my->clock.now());
  const auto stored = co_await std::move(call);
  for (std::size_t at = 0; at < stored.size(); ++at) {
    auto& outcome = answers[places[at]].outcome;
    if (stored[at]) {
      outcome = outcome_ok;
      my->take_beat(grants[at], beats[at], *stored[at]);
      my->take_log(*stored[at], std::move(beats[at].log));
      continue;
    }
    {
      Implementation::Access access(*my);
      access.registry().drop(grants[at].job, grants[at].fence);
    }
    const Scope everybody;
    auto asking = my->store.get(everybody, grants[at].job);
    const auto job = co_await std::move(asking);
    // A cancel raises the fence by one.
    if (job && job->status == JobStatus::cancelled && job->fence == grants[at].fence + 1) outcome = outcome_cancel;
  }
  co_return answers;
}

void WorkerService::Implementation::take_log(const Job& job, std::vector<LogLine> lines) {
  if (lines.empty()) return;
  const std::string name = attempt_name(job);
  for (const LogLine& line : lines) options.log_line(name + ": " + line.text);
  jobs.job_logged({job.id, job.user_id, job.attempts, std::move(lines)});
}

void WorkerService::Implementation::take_beat(const LeaseGrant& grant, const Beat& beat, const Job& job) {
  note_types({job.type}, job.lease_expires_at.value_or(clock.now()));
  bool tell_now = false;
  bool tell_later = false;
  {
    const Time now = clock.now();
    Access access(*this);
    const WorkerRegistry::Key key{grant.holder, grant.worker};
    access.registry().seen(key, now);
    HeldJob* held = access.registry().find(grant.job, grant.fence);
    if (held == nullptr) {
      access.registry().hold(key, job);  // claimed before this server started
      held = access.registry().find(grant.job, grant.fence);
    }
    held->lease_ends = job.lease_expires_at.value_or(now);
    if (!beat.progress && !beat.progress_message) return;
    tell_now = !held->told_at || now < *held->told_at || now - *held->told_at >= options.progress_every || draining;
    if (tell_now) {
      held->told_at = now;
      held->untold.reset();
    } else {
      held->untold = job;
      tell_later = !std::exchange(access.announcing(), true);
    }
  }
  if (tell_now) jobs.job_changed(job);
  if (!tell_later) return;
  auto task = announce_later(shared_from_this());
  boost::asio::co_spawn(loop, std::move(task), boost::asio::detached);
}

Awaitable<void> WorkerService::Implementation::announce_later(std::shared_ptr<Implementation> self) {
  const auto alarm = self->options.alarms->make_alarm(self->loop);
  co_await alarm->wait(self->options.progress_every);
  std::vector<Job> untold;
  {
    Access access(*self);
    access.announcing() = false;
    untold = access.registry().take_untold(self->clock.now());
  }
  for (const Job& job : untold) self->jobs.job_changed(job);
}

}  // namespace taskgate::jobs
