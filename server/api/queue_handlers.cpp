#include "api/queue_handlers.h"

#include <set>

#include "api/control_json.h"
#include "api/error_response.h"
#include "api/json_body.h"

namespace taskgate::api {

namespace {

void write_live(JsonWriter& json, const jobs::LiveFigures& live) {
  json.member("ready", live.ready).member("waiting", live.waiting).member("running", live.running);
}

template <class Control>
net::Response control_response(std::string_view name, std::string_view value, const Control& control) {
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object().member(name, value);
  write_control(json, control);
  return net::Response::json(200, json.end_object().end_object().take());
}

// A name with a slash does not fit into a path: it may be given as `?name=`.
std::string control_name(const Call& call, std::string_view param) {
  const auto given = call.request.query_value("name");
  return std::string(given ? *given : std::string_view(call.request.param(param)));
}

}  // namespace

Awaitable<net::Response> get_queues(Services& services, Call call) {
  auto caller = call.caller();
  auto overview = co_await services.queues.overview(std::move(caller));
  if (!overview) co_return error_response(overview.error(), call.request);
  std::set<UserId> users;
  for (const auto& each : overview->users) users.insert(each.user_id);
  const auto emails = co_await services.accounts.find_emails(std::move(users));
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object().key("types").begin_array();
  for (const auto& each : overview->types) {
    json.begin_object().member("type", each.type);
    write_control(json, each.control);
    write_live(json, each.live);
    json.end_object();
  }
  json.end_array().key("queues").begin_array();
  for (const auto& each : overview->queues) {
    json.begin_object().member("queue", each.queue);
    write_control(json, each.control);
    write_live(json, each.live);
    json.end_object();
  }
  json.end_array().key("users").begin_array();
  for (const auto& each : overview->users) {
    json.begin_object().member("userId", to_string(each.user_id));
    if (const auto email = emails.find(each.user_id); email != emails.end()) json.member("userEmail", email->second);
    write_control(json, each.control);
    json.member("pending", each.pending).member("running", each.running).end_object();
  }
  json.end_array().member("backlogMax", overview->backlog_max);
  co_return net::Response::json(200, json.end_object().end_object().take());
}

Awaitable<net::Response> put_type_control(Services& services, Call call) {
  auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto change = read_type_control(*body);
  if (!change) co_return error_response(change.error(), call.request);
  auto caller = call.caller();
  const auto type = control_name(call, "type");
  auto control = co_await services.queues.control_type(std::move(caller), type, std::move(*change));
  if (!control) co_return error_response(control.error(), call.request);
  co_return control_response("type", type, *control);
}

Awaitable<net::Response> put_queue_control(Services& services, Call call) {
  auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto change = read_queue_control(*body);
  if (!change) co_return error_response(change.error(), call.request);
  auto caller = call.caller();
  const auto queue = control_name(call, "queue");
  auto control = co_await services.queues.control_queue(std::move(caller), queue, std::move(*change));
  if (!control) co_return error_response(control.error(), call.request);
  co_return control_response("queue", queue, *control);
}

Awaitable<net::Response> put_user_control(Services& services, Call call) {
  auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto change = read_user_control(*body);
  if (!change) co_return error_response(change.error(), call.request);
  const auto id = parse_user_id(call.request.param("userId"));
  if (!id) co_return error_response(not_found("User"), call.request);
  auto user = co_await services.accounts.find_user(*id);
  if (!user) co_return error_response(not_found("User"), call.request);
  auto caller = call.caller();
  auto control = co_await services.queues.control_user(std::move(caller), *id, std::move(*change));
  if (!control) co_return error_response(control.error(), call.request);
  co_return control_response("userId", to_string(*id), *control);
}

Awaitable<net::Response> list_job_types(Services& services, Call call) {
  auto caller = call.caller();
  const auto all = call.request.query_value("all").value_or("false");
  if (all != "true" && all != "false")
    co_return error_response(validation_failed("all", "all must be true or false"), call.request);
  auto types = co_await services.queues.types(std::move(caller), all == "true");
  if (!types) co_return error_response(types.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").member("results", static_cast<std::int64_t>(types->size()));
  json.key("data").begin_array();
  for (const auto& each : *types) {
    json.begin_object().member("type", each.type).member("served", each.served);
    if (each.live) write_live(json, *each.live);
    json.end_object();
  }
  co_return net::Response::json(200, json.end_array().end_object().take());
}

Awaitable<net::Response> explain_job(Services& services, Call call) {
  const auto id = parse_job_id(call.request.param("id"));
  if (!id) co_return error_response(not_found("Job"), call.request);
  auto caller = call.caller();
  auto explained = co_await services.queues.explain(std::move(caller), *id);
  if (!explained) co_return error_response(explained.error(), call.request);
  using jobs::StandingReason;
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  json.member("reason", jobs::to_string(explained->reason)).member("message", jobs::describe(*explained));
  json.member("jobStatus", jobs::to_string(explained->job.status));
  if (explained->until) json.member("until", to_iso8601(*explained->until));
  if (explained->limit) json.member("limit", *explained->limit);
  if (explained->reason == StandingReason::behind) json.member("position", explained->count.value_or(0));
  if (explained->reason == StandingReason::dependency) json.member("dependencies", explained->count.value_or(0));
  if (explained->reason == StandingReason::paused) json.member("paused", explained->queue_is_paused ? "queue" : "type");
  co_return net::Response::json(200, json.end_object().end_object().take());
}

}  // namespace taskgate::api
