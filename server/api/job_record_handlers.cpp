#include "api/job_record_handlers.h"

#include <limits>

#include "api/error_response.h"
#include "api/job_query.h"
#include "base/json.h"

namespace taskgate::api {

namespace {

net::Response log_response(const jobs::LogPage& page) {
  JsonWriter json;
  json.begin_object().member("status", "success").member("results", static_cast<std::int64_t>(page.lines.size()));
  json.key("data").begin_array();
  for (const auto& line : page.lines) {
    json.begin_object().member("number", line.number).member("attempt", line.attempt);
    json.member("at", to_iso8601(line.at));
    if (line.level) json.member("level", jobs::to_string(*line.level));
    json.member("line", line.text).end_object();
  }
  return net::Response::json(200, json.end_array().member("more", page.more).end_object().take());
}

void write_event(JsonWriter& json, const jobs::JobEvent& event) {
  json.begin_object().member("event", jobs::to_string(event.kind)).member("at", to_iso8601(event.at));
  if (event.attempt) json.member("attempt", *event.attempt);
  if (event.worker) json.member("worker", *event.worker);
  if (event.error) json.member("error", *event.error);
  if (event.by) json.member("by", to_string(*event.by));
  if (event.priority_before) json.key("priorityBefore").number(*event.priority_before);
  if (event.priority) json.key("priority").number(*event.priority);
  if (event.run_at) json.member("runAt", to_iso8601(*event.run_at));
  json.end_object();
}

}  // namespace

Awaitable<net::Response> get_job_log(Services& services, Call call) {
  const auto id = parse_job_id(call.request.param("id"));
  if (!id) co_return error_response(not_found("Job"), call.request);
  const auto after = parse_whole_number(call.request, "after", {0, std::numeric_limits<std::int64_t>::max(), 0});
  if (!after) co_return error_response(after.error(), call.request);
  const auto limit = parse_whole_number(call.request, "limit", {1, 1'000, 100});
  if (!limit) co_return error_response(limit.error(), call.request);
  auto caller = call.caller();
  auto reading = services.records.log(std::move(caller), *id, *after, static_cast<std::size_t>(*limit));
  const auto page = co_await std::move(reading);
  if (!page) co_return error_response(page.error(), call.request);
  co_return log_response(*page);
}

Awaitable<net::Response> get_job_events(Services& services, Call call) {
  const auto id = parse_job_id(call.request.param("id"));
  if (!id) co_return error_response(not_found("Job"), call.request);
  auto caller = call.caller();
  auto reading = services.records.history(std::move(caller), *id);
  const auto events = co_await std::move(reading);
  if (!events) co_return error_response(events.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").member("results", static_cast<std::int64_t>(events->size()));
  json.key("data").begin_array();
  for (const auto& event : *events) write_event(json, event);
  co_return net::Response::json(200, json.end_array().end_object().take());
}

}  // namespace taskgate::api
