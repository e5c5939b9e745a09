#include "api/schedule_json.h"

#include <array>
#include <utility>

#include "api/json_body.h"
#include "api/new_job_json.h"

namespace taskgate::api {
namespace {

constexpr std::array<std::pair<std::string_view, jobs::MissedFire>, 2> missed_fires = {
    {{"skip", jobs::MissedFire::skip}, {"once", jobs::MissedFire::once}}};
constexpr std::array<std::pair<std::string_view, jobs::Overlap>, 3> overlaps = {
    {{"skip", jobs::Overlap::skip}, {"allow", jobs::Overlap::allow}, {"replace", jobs::Overlap::replace}}};
constexpr std::array<const char*, 9> job_members = {"type", "data",      "priority", "maxRetries", "queue",
                                                    "tags", "timeoutMs", "ttlMs",    "backoff"};

// What a schedule has beside its job.
class ScheduleReader {
 public:
  explicit ScheduleReader(JsonBody& body) : body_(body) {}

  jobs::TimingRequest timing() {
    jobs::TimingRequest timing;
    timing.cron = body_.string("cron");
    timing.time_zone = body_.string("timeZone");
    if (const auto every = body_.integer("everyMs")) timing.every = std::chrono::milliseconds(*every);
    return timing;
  }
  std::optional<jobs::MissedFire> missed_fire() { return word("missedFire", missed_fires, "skip or once"); }
  std::optional<jobs::Overlap> overlap() { return word("overlap", overlaps, "skip, allow or replace"); }
  std::optional<bool> paused() {
    const auto* value = body_.fields().if_contains("paused");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    faults_.push_back({"paused", "paused must be true or false"});
    return std::nullopt;
  }
  Result<jobs::NewJob> job() {
    auto job = read_new_job(body_.fields(), body_.text());
    if (job) return job;
    faults_.insert(faults_.end(), job.error().fields.begin(), job.error().fields.end());
    return jobs::NewJob{};
  }
  // To be asked when everything has been read.
  std::optional<Error> failure() {
    if (const auto wrong = body_.failure()) faults_.insert(faults_.end(), wrong->fields.begin(), wrong->fields.end());
    if (faults_.empty()) return std::nullopt;
    return validation_failed(std::move(faults_));
  }

 private:
  template <class Value, std::size_t count>
  std::optional<Value> word(std::string_view name, const std::array<std::pair<std::string_view, Value>, count>& words,
                            std::string_view allowed) {
    const auto given = body_.string(name);
    if (!given) return std::nullopt;
    for (const auto& [text, meaning] : words) {
      if (text == *given) return meaning;
    }
    faults_.push_back({std::string(name), std::string(name) + " must be " + std::string(allowed)});
    return std::nullopt;
  }

  JsonBody& body_;
  std::vector<FieldError> faults_;
};

void write_backoff(JsonWriter& json, const jobs::BackoffPolicy& backoff) {
  json.key("backoff").begin_object();
  if (!backoff.delays.empty()) {
    json.member("type", "list").key("delaysMs").begin_array();
    for (const auto delay : backoff.delays) json.integer(delay.count());
    json.end_array();
  } else {
    json.member("type", backoff.factor == 1 ? "fixed" : "exponential").member("delayMs", backoff.first.count());
    if (backoff.factor != 1) json.key("factor").number(backoff.factor).member("maxMs", backoff.longest.count());
  }
  json.key("jitter").number(backoff.jitter).end_object();
}

void write_job_template(JsonWriter& json, const jobs::NewJob& job) {
  json.member("type", job.type).key("data").raw(job.data).key("priority").number(job.priority);
  if (job.max_retries) json.member("maxRetries", *job.max_retries);
  json.member("queue", job.queue.value_or("default")).key("tags").begin_array();
  for (const auto& tag : job.tags) json.string(tag);
  json.end_array();
  if (job.timeout) json.member("timeoutMs", job.timeout->count());
  if (job.ttl) json.member("ttlMs", job.ttl->count());
  if (job.backoff) write_backoff(json, *job.backoff);
}

void write_time(JsonWriter& json, std::string_view name, const std::optional<Time>& time) {
  if (time) json.member(name, to_iso8601(*time));
}

}  // namespace

Result<jobs::NewSchedule> read_new_schedule(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  ScheduleReader reader(*body);
  jobs::NewSchedule wanted;
  wanted.name = body->string("name").value_or("");
  wanted.job = std::move(*reader.job());
  wanted.timing = reader.timing();
  wanted.missed_fire = reader.missed_fire().value_or(wanted.missed_fire);
  wanted.overlap = reader.overlap().value_or(wanted.overlap);
  wanted.paused = reader.paused().value_or(false);
  if (auto failure = reader.failure()) return std::move(*failure);
  return wanted;
}

Result<jobs::ScheduleChange> read_schedule_change(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  ScheduleReader reader(*body);
  jobs::ScheduleChange change;
  change.name = body->string("name");
  change.job = std::move(*reader.job());
  for (const char* name : job_members) {
    if (body->fields().contains(name)) change.job_fields.insert(name);
  }
  change.timing = reader.timing();
  change.missed_fire = reader.missed_fire();
  change.overlap = reader.overlap();
  change.paused = reader.paused();
  if (auto failure = reader.failure()) return std::move(*failure);
  return change;
}

Result<PreviewRequest> read_preview(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  ScheduleReader reader(*body);
  PreviewRequest preview;
  preview.timing = reader.timing();
  // Negative numbers are far beyond what is allowed, too.
  if (const auto count = body->integer("count")) preview.count = static_cast<std::size_t>(*count);
  if (auto failure = reader.failure()) return std::move(*failure);
  return preview;
}

void write_runs(JsonWriter& json, const std::vector<Time>& runs) {
  json.key("nextRuns").begin_array();
  for (const Time run : runs) json.string(to_iso8601(run));
  json.end_array();
}

void write_schedule(JsonWriter& json, const jobs::ScheduleView& view, std::string_view user_email) {
  const auto& schedule = view.schedule;
  json.begin_object().member("id", to_string(schedule.id)).member("userId", to_string(schedule.user_id));
  if (!user_email.empty()) json.member("userEmail", user_email);
  json.member("name", schedule.name);
  write_job_template(json, schedule.job);
  if (schedule.timing.every) {
    json.member("everyMs", schedule.timing.every->count());
  } else {
    json.member("cron", schedule.timing.cron.value_or("")).member("timeZone", schedule.timing.time_zone);
  }
  json.member("missedFire", jobs::to_string(schedule.missed_fire)).member("overlap", jobs::to_string(schedule.overlap));
  json.member("paused", schedule.paused);
  json.member("createdAt", to_iso8601(schedule.created_at)).member("updatedAt", to_iso8601(schedule.updated_at));
  write_time(json, "nextRunAt", schedule.next_run_at);
  write_runs(json, view.next_runs);
  if (schedule.held_up()) json.member("heldUp", true);
  write_time(json, "lastRunAt", schedule.last_run_at);
  if (schedule.last_job_id) json.member("lastJobId", to_string(*schedule.last_job_id));
  write_time(json, "lastSkippedAt", schedule.last_skipped_at);
  if (schedule.last_skip_reason) json.member("lastSkipReason", jobs::to_string(*schedule.last_skip_reason));
  json.end_object();
}

}  // namespace taskgate::api
