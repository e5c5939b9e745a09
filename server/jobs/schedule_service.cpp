#include "jobs/schedule_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/job_type.h"

namespace taskgate::jobs {
namespace {

constexpr std::size_t name_length_max = 128;
constexpr std::size_t next_runs_shown = 5;
constexpr std::size_t page_largest = 1'000;
// Changes that meet another change of the same schedule are tried so often.
constexpr int tries_max = 5;

Scope scope_of(const Principal& caller) {
  if (caller.is_admin()) return {};
  return {caller.user_id};
}

void add(std::vector<FieldError>& faults, const Error& error) {
  faults.insert(faults.end(), error.fields.begin(), error.fields.end());
}

// What a job may have and the jobs of a schedule may not.
void refuse_foreign_terms(const NewJob& job, std::vector<FieldError>& faults) {
  const std::array<std::pair<bool, const char*>, 5> foreign = {{{job.delay.has_value(), "delayMs"},
                                                                {job.run_at.has_value(), "runAt"},
                                                                {job.retry_until.has_value(), "retryUntil"},
                                                                {job.unique.has_value(), "uniqueKey"},
                                                                {!job.depends_on.empty(), "dependsOn"}}};
  for (const auto& [given, field] : foreign) {
    if (given) faults.push_back({field, fmt::format("The jobs of a schedule do not take {}", field)});
  }
}

Result<Timing> timing_of(const TimingRequest& request, Time now) {
  if (request.every && request.time_zone) {
    return validation_failed("timeZone", "timeZone goes with cron; a fixed interval knows no time zone");
  }
  Timing timing;
  timing.cron = request.cron;
  timing.time_zone = request.time_zone.value_or(timing.time_zone);
  timing.every = request.every;
  if (request.every) timing.anchor = now;
  return timing;
}

// The request with what holds already where nothing is given.
TimingRequest completed(const TimingRequest& request, const Timing& timing) {
  TimingRequest whole = request;
  if (whole.every || (timing.every && !whole.cron)) {
    if (!whole.every) whole.every = timing.every;
    return whole;
  }
  if (!whole.cron) whole.cron = timing.cron;
  if (!whole.time_zone && timing.cron) whole.time_zone = timing.time_zone;
  return whole;
}

bool is_given(const TimingRequest& request) { return request.cron || request.time_zone || request.every; }

// A timing that is given again does not start over: programs may set their schedules at every start.
bool is_same(const Timing& one, const Timing& other) {
  return one.cron == other.cron && one.time_zone == other.time_zone && one.every == other.every;
}

void apply(const ScheduleChange& change, NewJob& job) {
  const auto given = [&change](const char* field) { return change.job_fields.contains(field); };
  const NewJob& wanted = change.job;
  if (given("type")) job.type = wanted.type;
  if (given("data")) job.data = wanted.data;
  if (given("priority")) job.priority = wanted.priority;
  if (given("maxRetries")) job.max_retries = wanted.max_retries;
  if (given("queue")) job.queue = wanted.queue;
  if (given("tags")) job.tags = wanted.tags;
  if (given("timeoutMs")) job.timeout = wanted.timeout;
  if (given("ttlMs")) job.ttl = wanted.ttl;
  if (given("backoff")) job.backoff = wanted.backoff;
}

// The slot to wait for from now on.
void start_over(Schedule& schedule, const Timetable& timetable, Time now) {
  schedule.next_run_at = schedule.paused ? std::nullopt : timetable.next(now);
  schedule.look_at = schedule.next_run_at;
}

Error busy(const Job& earlier) {
  return {ErrorCode::conflict,
          "schedule_busy",
          "Job " + to_string(earlier.id) + " of this schedule has not finished; cancel it first, or allow overlap",
          {},
          std::nullopt};
}

}  // namespace

ScheduleService::ScheduleService(ScheduleStore& store, JobService& jobs, const Clock& clock, IdGenerator& ids,
                                 ScheduleOptions options)
    : store_(store), jobs_(jobs), clock_(clock), ids_(ids), options_(options) {}

// What is wrong with the schedule's name and with its jobs.
std::optional<Error> ScheduleService::check(const Schedule& schedule, Time now) const {
  std::vector<FieldError> faults;
  const auto length = printable_length(schedule.name);
  if (!length || *length < 1 || *length > name_length_max) {
    faults.push_back({"name", "A schedule's name must have 1 to 128 printable characters"});
  }
  refuse_foreign_terms(schedule.job, faults);
  const auto job = job_of(schedule, options_.job, ids_, now);
  if (!job) add(faults, job.error());
  const auto timetable = Timetable::make(schedule.timing, now);
  if (!timetable) add(faults, timetable.error());
  if (faults.empty()) return std::nullopt;
  return validation_failed(std::move(faults));
}

ScheduleView ScheduleService::view(Schedule schedule) const {
  ScheduleView view;
  if (schedule.next_run_at) {
    const auto timetable = Timetable::make(schedule.timing, *schedule.next_run_at);
    view.next_runs.push_back(*schedule.next_run_at);
    if (timetable) {
      const auto others = timetable->next_runs(*schedule.next_run_at, next_runs_shown - 1);
      view.next_runs.insert(view.next_runs.end(), others.begin(), others.end());
    }
  }
  view.schedule = std::move(schedule);
  return view;
}

ScheduleViews ScheduleService::views(SchedulePage page) const {
  ScheduleViews all;
  all.next = page.next;
  for (Schedule& schedule : page.schedules) all.schedules.push_back(view(std::move(schedule)));
  return all;
}

Awaitable<Result<ScheduleView>> ScheduleService::create(Principal caller, NewSchedule wanted) {
  const Time now = clock_.now();
  auto timing = timing_of(wanted.timing, now);
  if (!timing) co_return timing.error();
  Schedule schedule;
  schedule.id = ScheduleId{ids_.next_job_id(now).value};
  schedule.user_id = caller.user_id;
  schedule.name = std::move(wanted.name);
  schedule.job = std::move(wanted.job);
  schedule.timing = std::move(*timing);
  schedule.missed_fire = wanted.missed_fire;
  schedule.overlap = wanted.overlap;
  schedule.paused = wanted.paused;
  schedule.created_at = now;
  schedule.updated_at = now;
  if (auto error = check(schedule, now)) co_return std::move(*error);
  schedule.job.type = normalize_job_type(schedule.job.type).value();
  start_over(schedule, Timetable::make(schedule.timing, now).value(), now);
  auto stored = co_await store_.create(schedule, options_.schedules_per_user_max);
  if (!stored) co_return stored.error();
  timing_changed();
  co_return view(std::move(schedule));
}

Awaitable<Result<ScheduleView>> ScheduleService::change(Principal caller, ScheduleId id, ScheduleChange change) {
  const Scope scope = scope_of(caller);
  std::vector<FieldError> foreign;
  refuse_foreign_terms(change.job, foreign);
  if (!foreign.empty()) co_return validation_failed(std::move(foreign));
  for (int attempt = 0; attempt < tries_max; ++attempt) {
    const Time now = clock_.now();
    auto stored = co_await store_.get(scope, id);
    if (!stored) co_return stored.error();
    Schedule schedule = std::move(*stored);
    const bool was_paused = schedule.paused;
    bool retimed = false;
    if (change.name) schedule.name = *change.name;
    if (change.missed_fire) schedule.missed_fire = *change.missed_fire;
    if (change.overlap) schedule.overlap = *change.overlap;
    if (change.paused) schedule.paused = *change.paused;
    apply(change, schedule.job);
    if (is_given(change.timing)) {
      auto timing = timing_of(completed(change.timing, schedule.timing), now);
      if (!timing) co_return timing.error();
      retimed = !is_same(*timing, schedule.timing);
      if (retimed) schedule.timing = std::move(*timing);
    }
    if (auto error = check(schedule, now)) co_return std::move(*error);
    schedule.job.type = normalize_job_type(schedule.job.type).value();
    schedule.updated_at = now;
    if (retimed || schedule.paused != was_paused) {
      start_over(schedule, Timetable::make(schedule.timing, now).value(), now);
    }
    auto updated = co_await store_.update(std::move(schedule));
    if (updated) {
      timing_changed();
      co_return view(std::move(*updated));
    }
    if (updated.error().reason != schedule_changed().reason) co_return updated.error();
  }
  co_return schedule_changed();
}

Awaitable<Result<ScheduleView>> ScheduleService::get(Principal caller, ScheduleId id) {
  const Scope scope = scope_of(caller);
  auto schedule = co_await store_.get(scope, id);
  if (!schedule) co_return schedule.error();
  co_return view(std::move(*schedule));
}

Awaitable<ScheduleViews> ScheduleService::list_own(Principal caller, std::size_t limit,
                                                   std::optional<ScheduleId> before) {
  const Scope own{caller.user_id};
  const auto size = std::clamp<std::size_t>(limit, 1, page_largest);
  auto page = co_await store_.list(own, size, before);
  co_return views(std::move(page));
}

Awaitable<Result<ScheduleViews>> ScheduleService::list_all(Principal caller, std::size_t limit,
                                                           std::optional<ScheduleId> before) {
  if (!caller.is_admin()) {
    co_return Error{ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, std::nullopt};
  }
  const Scope everybody;
  const auto size = std::clamp<std::size_t>(limit, 1, page_largest);
  auto page = co_await store_.list(everybody, size, before);
  co_return views(std::move(page));
}

Awaitable<Result<void>> ScheduleService::remove(Principal caller, ScheduleId id) {
  const Scope scope = scope_of(caller);
  co_return co_await store_.remove(scope, id);
}

Awaitable<Result<Job>> ScheduleService::run_now(Principal caller, ScheduleId id) {
  const Scope scope = scope_of(caller);
  for (int attempt = 0; attempt < tries_max; ++attempt) {
    const Time now = clock_.now();
    auto schedule = co_await store_.get(scope, id);
    if (!schedule) co_return schedule.error();
    auto job = job_of(*schedule, options_.job, ids_, now);
    if (!job) co_return job.error();
    Firing firing;
    firing.id = id;
    firing.revision = schedule->revision;
    firing.job = std::move(*job);
    std::vector<Firing> firings;
    firings.push_back(std::move(firing));
    auto answers = co_await store_.fire(std::move(firings), now);
    Fired& fired = answers.at(0);
    switch (fired.status) {
      case FireStatus::fired:
        jobs_.job_changed(*fired.job);
        jobs_.work_available();
        co_return std::move(*fired.job);
      case FireStatus::skipped:
        co_return busy(*fired.job);
      case FireStatus::held:
        co_return std::move(*fired.refusal);
      case FireStatus::stale:
        break;
    }
  }
  co_return schedule_changed();
}

Result<std::vector<Time>> ScheduleService::preview(TimingRequest request, std::size_t count) const {
  const Time now = clock_.now();
  if (count < 1 || count > options_.preview_runs_max) {
    return validation_failed("count", fmt::format("count must be between 1 and {}", options_.preview_runs_max));
  }
  const auto timing = timing_of(request, now);
  if (!timing) return timing.error();
  const auto timetable = Timetable::make(*timing, now);
  if (!timetable) return timetable.error();
  return timetable->next_runs(now, count);
}

}  // namespace taskgate::jobs
