#include "api/job_handlers.h"

#include <map>
#include <set>

#include "api/error_response.h"
#include "api/job_json.h"
#include "api/job_query.h"

namespace taskgate::api {

namespace {

net::Response job_response(int status, std::string_view message, const jobs::Job& job) {
  JsonWriter json;
  json.begin_object().member("status", "success").member("message", message).key("data");
  write_job(json, job);
  return net::Response::json(status, json.end_object().take());
}

using OwnerEmails = std::map<UserId, std::string>;

net::Response page_response(const jobs::JobPage& page, const OwnerEmails& emails) {
  JsonWriter json;
  json.begin_object()
      .member("status", "success")
      .member("results", static_cast<std::int64_t>(page.jobs.size()))
      .key("data")
      .begin_array();
  for (const auto& job : page.jobs) {
    const auto owner = emails.find(job.user_id);
    write_job(json, job, owner == emails.end() ? std::string_view{} : owner->second);
  }
  json.end_array();
  if (page.next) json.member("nextCursor", to_string(*page.next));
  return net::Response::json(200, json.end_object().take());
}

net::Response counts_response(const jobs::JobCounts& counts) {
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  json.member("pending", counts.pending).member("processing", counts.processing).member("completed", counts.completed);
  json.member("failed", counts.failed).member("cancelled", counts.cancelled);
  return net::Response::json(200, json.end_object().end_object().take());
}

void write_attempts(JsonWriter& json, const std::vector<jobs::Attempt>& attempts) {
  json.key("attemptsLog").begin_array();
  for (const auto& attempt : attempts) {
    json.begin_object().member("attempt", attempt.attempt).member("worker", attempt.worker);
    json.member("startedAt", to_iso8601(attempt.started_at));
    if (attempt.ended_at) json.member("endedAt", to_iso8601(*attempt.ended_at));
    if (attempt.outcome) json.member("outcome", jobs::to_string(*attempt.outcome));
    if (attempt.ended_at) json.member("durationMs", (*attempt.ended_at - attempt.started_at).count());
    if (attempt.error) json.member("error", *attempt.error);
    json.end_object();
  }
  json.end_array();
}

// The job, once it has finished or `wait` is over.
Awaitable<Result<jobs::Job>> find_job(Services& services, std::shared_ptr<net::Connection> connection, Principal caller,
                                      JobId id, std::chrono::milliseconds wait) {
  if (wait.count() == 0) co_return co_await services.jobs.get(caller, id);
  auto waiting = std::make_shared<jobs::JobWait>();
  if (connection) {
    connection->on_abort([weak = std::weak_ptr(waiting)] {
      if (const auto left = weak.lock()) left->abandon();
    });
  }
  co_return co_await services.waits.wait(caller, id, wait, waiting);
}

std::optional<JobId> job_id(const Call& call) { return parse_job_id(call.request.param("id")); }

}  // namespace

Awaitable<net::Response> list_own_jobs(Services& services, Call call) {
  auto query = parse_job_query(call.request, JobQuery::Of::caller);
  if (!query) co_return error_response(query.error(), call.request);
  auto caller = call.caller();
  auto page = co_await services.jobs.list_own(std::move(caller), std::move(query->filter), query->limit, query->before);
  co_return page_response(page, {});
}

Awaitable<net::Response> list_all_jobs(Services& services, Call call) {
  auto query = parse_job_query(call.request, JobQuery::Of::everybody);
  if (!query) co_return error_response(query.error(), call.request);
  auto caller = call.caller();
  const jobs::Scope of{query->user};
  auto page =
      co_await services.jobs.list_all(std::move(caller), of, std::move(query->filter), query->limit, query->before);
  if (!page) co_return error_response(page.error(), call.request);

  std::set<UserId> owners;
  for (const auto& job : page->jobs) owners.insert(job.user_id);
  const OwnerEmails emails = co_await services.accounts.find_emails(std::move(owners));
  co_return page_response(*page, emails);
}

Awaitable<net::Response> count_jobs(Services& services, Call call) {
  auto caller = call.caller();
  const auto all = call.request.query_value("all").value_or("false");
  if (all != "true" && all != "false")
    co_return error_response(validation_failed("all", "all must be true or false"), call.request);
  if (all == "true") {
    auto counts = co_await services.jobs.count_all(std::move(caller));
    if (!counts) co_return error_response(counts.error(), call.request);
    co_return counts_response(*counts);
  }
  auto counts = co_await services.jobs.count_own(std::move(caller));
  co_return counts_response(counts);
}

Awaitable<net::Response> get_job(Services& services, Call call) {
  const auto id = job_id(call);
  if (!id) co_return error_response(not_found("Job"), call.request);
  const auto wait = parse_whole_number(call.request, "waitMs", {0, jobs::JobWaits::wait_longest.count(), 0});
  if (!wait) co_return error_response(wait.error(), call.request);
  auto caller = call.caller();
  auto finding = find_job(services, call.request.connection, caller, *id, std::chrono::milliseconds{*wait});
  auto job = co_await std::move(finding);
  if (!job) co_return error_response(job.error(), call.request);
  auto attempts = co_await services.jobs.attempts(caller, *id);
  if (!attempts) co_return error_response(attempts.error(), call.request);

  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  write_job_members(json, *job);
  if (caller.is_admin()) {
    auto owner = co_await services.accounts.find_user(job->user_id);
    if (owner) json.member("userEmail", owner->email);
  }
  write_attempts(json, *attempts);
  co_return net::Response::json(200, json.end_object().end_object().take());
}

Awaitable<net::Response> cancel_job(Services& services, Call call) {
  const auto id = job_id(call);
  if (!id) co_return error_response(not_found("Job"), call.request);
  auto caller = call.caller();
  auto job = co_await services.jobs.cancel(std::move(caller), *id);
  if (!job) co_return error_response(job.error(), call.request);
  co_return job_response(200, "Job cancelled", *job);
}

Awaitable<net::Response> retry_job(Services& services, Call call) {
  const auto id = job_id(call);
  if (!id) co_return error_response(not_found("Job"), call.request);
  auto caller = call.caller();
  auto job = co_await services.jobs.retry(std::move(caller), *id);
  if (!job) co_return error_response(job.error(), call.request);
  co_return job_response(200, "Job is waiting to run again", *job);
}

}  // namespace taskgate::api
