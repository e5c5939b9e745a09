#include "api/job_json.h"

#include "jobs/deadlines.h"

namespace taskgate::api {

namespace {

void write_time(JsonWriter& json, std::string_view name, const std::optional<Time>& time) {
  if (time) json.member(name, to_iso8601(*time));
}

// What few jobs have.
void write_terms(JsonWriter& json, const jobs::Job& job) {
  const auto& terms = job.terms;
  if (terms.timeout) json.member("timeoutMs", terms.timeout->count());
  write_time(json, "deadlineAt", jobs::attempt_deadline(job));
  write_time(json, "expiresAt", terms.expires_at);
  write_time(json, "retryUntil", terms.retry_until);
  if (terms.unique_key) json.member("uniqueKey", *terms.unique_key);
  if (!terms.depends_on.empty()) {
    json.key("dependsOn").begin_array();
    for (const auto id : terms.depends_on) json.string(to_string(id));
    json.end_array();
    if (job.status == jobs::JobStatus::pending) json.member("blockedBy", job.blocked_by);
  }
  if (terms.parent_id) json.member("parentId", to_string(*terms.parent_id));
  if (terms.schedule_id) json.member("scheduleId", *terms.schedule_id);
}

}  // namespace

void write_job_members(JsonWriter& json, const jobs::Job& job) {
  json.member("id", to_string(job.id)).member("userId", to_string(job.user_id)).member("type", job.type);
  json.member("status", jobs::to_string(job.status)).key("data").raw(job.data);
  if (job.result) json.key("result").raw(*job.result);
  if (job.error) json.member("error", *job.error);
  json.member("retries", job.retries).member("maxRetries", job.max_retries).key("priority").number(job.priority);
  json.member("createdAt", to_iso8601(job.created_at)).member("updatedAt", to_iso8601(job.updated_at));
  write_time(json, "startedAt", job.started_at);
  write_time(json, "completedAt", job.completed_at);
  json.key("progress").number(job.progress);
  if (job.progress_message) json.member("progressMessage", *job.progress_message);
  write_time(json, "runAt", job.run_at);
  json.member("attempts", job.attempts).member("queue", job.queue).key("tags").begin_array();
  for (const auto& tag : job.tags) json.string(tag);
  json.end_array();
  if (!job.terms.empty()) write_terms(json, job);
}

void write_job(JsonWriter& json, const jobs::Job& job, std::string_view owner_email) {
  json.begin_object();
  write_job_members(json, job);
  if (!owner_email.empty()) json.member("userEmail", owner_email);
  json.end_object();
}

}  // namespace taskgate::api
