#include "api/schedule_handlers.h"

#include <map>

#include "api/error_response.h"
#include "api/job_json.h"
#include "api/job_query.h"
#include "api/message_response.h"
#include "api/schedule_json.h"

namespace taskgate::api {

namespace {

using OwnerEmails = std::map<UserId, std::string>;

net::Response schedule_response(int status, const jobs::ScheduleView& view) {
  JsonWriter json;
  json.begin_object().member("status", "success").key("data");
  write_schedule(json, view);
  return net::Response::json(status, json.end_object().take());
}

net::Response page_response(const jobs::ScheduleViews& page, const OwnerEmails& emails) {
  JsonWriter json;
  json.begin_object().member("status", "success");
  json.member("results", static_cast<std::int64_t>(page.schedules.size())).key("data").begin_array();
  for (const auto& view : page.schedules) {
    const auto owner = emails.find(view.schedule.user_id);
    write_schedule(json, view, owner == emails.end() ? std::string_view{} : owner->second);
  }
  json.end_array();
  if (page.next) json.member("nextCursor", to_string(*page.next));
  return net::Response::json(200, json.end_object().take());
}

// The pages are asked for as those of jobs are.
std::optional<jobs::ScheduleId> cursor_of(const JobQuery& query) {
  if (!query.before) return std::nullopt;
  return jobs::ScheduleId{query.before->value};
}

std::optional<jobs::ScheduleId> schedule_id(const Call& call) {
  return jobs::parse_schedule_id(call.request.param("id"));
}

}  // namespace

Awaitable<net::Response> list_own_schedules(Services& services, Call call) {
  const auto query = parse_job_query(call.request);
  if (!query) co_return error_response(query.error(), call.request);
  auto caller = call.caller();
  const auto page = co_await services.schedules.list_own(std::move(caller), query->limit, cursor_of(*query));
  co_return page_response(page, {});
}

Awaitable<net::Response> list_all_schedules(Services& services, Call call) {
  const auto query = parse_job_query(call.request);
  if (!query) co_return error_response(query.error(), call.request);
  auto caller = call.caller();
  const auto page = co_await services.schedules.list_all(std::move(caller), query->limit, cursor_of(*query));
  if (!page) co_return error_response(page.error(), call.request);
  OwnerEmails emails;
  for (const auto& view : page->schedules) {
    const UserId owner = view.schedule.user_id;
    if (emails.contains(owner)) continue;
    auto user = co_await services.accounts.find_user(owner);
    emails.emplace(owner, user ? user->email : "");
  }
  co_return page_response(*page, emails);
}

Awaitable<net::Response> create_schedule(Services& services, Call call) {
  auto wanted = read_new_schedule(call.request);
  if (!wanted) co_return error_response(wanted.error(), call.request);
  auto caller = call.caller();
  const auto made = co_await services.schedules.create(std::move(caller), std::move(*wanted));
  if (!made) co_return error_response(made.error(), call.request);
  co_return schedule_response(201, *made);
}

Awaitable<net::Response> preview_schedule(Services& services, Call call) {
  auto wanted = read_preview(call.request);
  if (!wanted) co_return error_response(wanted.error(), call.request);
  const auto runs = services.schedules.preview(std::move(wanted->timing), wanted->count);
  if (!runs) co_return error_response(runs.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  write_runs(json, *runs);
  co_return net::Response::json(200, json.end_object().end_object().take());
}

Awaitable<net::Response> get_schedule(Services& services, Call call) {
  const auto id = schedule_id(call);
  if (!id) co_return error_response(not_found("Schedule"), call.request);
  auto caller = call.caller();
  const auto view = co_await services.schedules.get(std::move(caller), *id);
  if (!view) co_return error_response(view.error(), call.request);
  co_return schedule_response(200, *view);
}

Awaitable<net::Response> change_schedule(Services& services, Call call) {
  const auto id = schedule_id(call);
  if (!id) co_return error_response(not_found("Schedule"), call.request);
  auto change = read_schedule_change(call.request);
  if (!change) co_return error_response(change.error(), call.request);
  auto caller = call.caller();
  const auto view = co_await services.schedules.change(std::move(caller), *id, std::move(*change));
  if (!view) co_return error_response(view.error(), call.request);
  co_return schedule_response(200, *view);
}

Awaitable<net::Response> delete_schedule(Services& services, Call call) {
  const auto id = schedule_id(call);
  if (!id) co_return error_response(not_found("Schedule"), call.request);
  auto caller = call.caller();
  const auto removed = co_await services.schedules.remove(std::move(caller), *id);
  if (!removed) co_return error_response(removed.error(), call.request);
  co_return message_response("The schedule is deleted. Jobs that it made stay.");
}

Awaitable<net::Response> run_schedule(Services& services, Call call) {
  const auto id = schedule_id(call);
  if (!id) co_return error_response(not_found("Schedule"), call.request);
  auto caller = call.caller();
  const auto job = co_await services.schedules.run_now(std::move(caller), *id);
  if (!job) co_return error_response(job.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").member("message", "Job submitted").key("data");
  write_job(json, *job);
  co_return net::Response::json(202, json.end_object().take());
}

}  // namespace taskgate::api
