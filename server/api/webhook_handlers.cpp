#include "api/webhook_handlers.h"

#include "api/error_response.h"
#include "api/job_query.h"
#include "api/message_response.h"
#include "api/webhook_json.h"

namespace taskgate::api {

namespace {

std::optional<JobId> webhook_id(const Call& call) { return parse_job_id(call.request.param("id")); }

net::Response webhook_response(int status, const jobs::Webhook& webhook, std::string_view secret = {}) {
  JsonWriter json;
  json.begin_object().member("status", "success").key("data");
  write_webhook(json, webhook, secret);
  return net::Response::json(status, json.end_object().take());
}

}  // namespace

Awaitable<net::Response> list_webhooks(Services& services, Call call) {
  auto caller = call.caller();
  const auto webhooks = co_await services.webhooks.list(std::move(caller));
  JsonWriter json;
  json.begin_object().member("status", "success");
  json.member("results", static_cast<std::int64_t>(webhooks.size())).key("data").begin_array();
  for (const auto& webhook : webhooks) write_webhook(json, webhook);
  co_return net::Response::json(200, json.end_array().end_object().take());
}

Awaitable<net::Response> create_webhook(Services& services, Call call) {
  auto wanted = read_new_webhook(call.request);
  if (!wanted) co_return error_response(wanted.error(), call.request);
  auto caller = call.caller();
  const auto created = co_await services.webhooks.create(std::move(caller), std::move(*wanted));
  if (!created) co_return error_response(created.error(), call.request);
  co_return webhook_response(201, created->webhook, created->secret);
}

Awaitable<net::Response> get_webhook(Services& services, Call call) {
  const auto id = webhook_id(call);
  if (!id) co_return error_response(not_found("Webhook"), call.request);
  auto caller = call.caller();
  const auto webhook = co_await services.webhooks.get(std::move(caller), *id);
  if (!webhook) co_return error_response(webhook.error(), call.request);
  co_return webhook_response(200, *webhook);
}

Awaitable<net::Response> change_webhook(Services& services, Call call) {
  const auto id = webhook_id(call);
  if (!id) co_return error_response(not_found("Webhook"), call.request);
  auto change = read_webhook_change(call.request);
  if (!change) co_return error_response(change.error(), call.request);
  auto caller = call.caller();
  const auto webhook = co_await services.webhooks.change(std::move(caller), *id, std::move(*change));
  if (!webhook) co_return error_response(webhook.error(), call.request);
  co_return webhook_response(200, *webhook);
}

Awaitable<net::Response> delete_webhook(Services& services, Call call) {
  const auto id = webhook_id(call);
  if (!id) co_return error_response(not_found("Webhook"), call.request);
  auto caller = call.caller();
  const auto removed = co_await services.webhooks.remove(std::move(caller), *id);
  if (!removed) co_return error_response(removed.error(), call.request);
  co_return message_response("The webhook is deleted. What waited for it is not delivered any more.");
}

Awaitable<net::Response> test_webhook(Services& services, Call call) {
  const auto id = webhook_id(call);
  if (!id) co_return error_response(not_found("Webhook"), call.request);
  auto caller = call.caller();
  const auto delivery = co_await services.webhooks.test(std::move(caller), *id);
  if (!delivery) co_return error_response(delivery.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").key("data");
  write_delivery(json, *delivery);
  co_return net::Response::json(202, json.end_object().take());
}

Awaitable<net::Response> list_deliveries(Services& services, Call call) {
  const auto id = webhook_id(call);
  if (!id) co_return error_response(not_found("Webhook"), call.request);
  // The pages are asked for as those of jobs are.
  const auto query = parse_job_query(call.request);
  if (!query) co_return error_response(query.error(), call.request);
  auto caller = call.caller();
  const auto page = co_await services.webhooks.deliveries(std::move(caller), *id, query->limit, query->before);
  if (!page) co_return error_response(page.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success");
  json.member("results", static_cast<std::int64_t>(page->jobs.size())).key("data").begin_array();
  for (const auto& delivery : page->jobs) write_delivery(json, delivery);
  json.end_array();
  if (page->next) json.member("nextCursor", to_string(*page->next));
  co_return net::Response::json(200, json.end_object().take());
}

}  // namespace taskgate::api
