#include "api/key_handlers.h"

#include <boost/json/array.hpp>

#include "api/error_response.h"
#include "api/json_body.h"
#include "api/message_response.h"

namespace taskgate::api {

namespace {

void write_key_members(JsonWriter& json, const accounts::ApiKey& key) {
  json.member("id", to_string(key.id)).member("name", key.name).key("scopes").begin_array();
  for (const KeyScope scope : accounts::list_scopes(key.scopes)) json.string(accounts::to_string(scope));
  json.end_array().member("allUsers", key.all_users).member("createdAt", to_iso8601(key.created_at));
  if (key.expires_at) json.member("expiresAt", to_iso8601(*key.expires_at));
  if (key.last_used_at) json.member("lastUsedAt", to_iso8601(*key.last_used_at));
}

Result<accounts::NewApiKey> read_new_key(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  accounts::NewApiKey key;
  key.name = body->string("name").value_or("");
  if (const auto expires = body->integer("expiresInMs")) key.expires_in = std::chrono::milliseconds(*expires);
  std::vector<FieldError> faults;
  if (auto failure = body->failure()) faults = failure->fields;
  const auto& fields = body->fields();
  if (const auto* all = fields.if_contains("allUsers"); all != nullptr && !all->is_null()) {
    if (all->is_bool()) {
      key.all_users = all->get_bool();
    } else {
      faults.push_back({"allUsers", "allUsers must be true or false"});
    }
  }
  const auto* scopes = body->array("scopes");
  for (std::size_t at = 0; scopes != nullptr && at < scopes->size(); ++at) {
    const auto* name = (*scopes)[at].if_string();
    if (name == nullptr) {
      faults.push_back({"scopes", "scopes must be a list of strings"});
      break;
    }
    key.scopes.emplace_back(*name);
  }
  if (!faults.empty()) return validation_failed(std::move(faults));
  return key;
}

}  // namespace

Awaitable<net::Response> create_api_key(Services& services, Call call) {
  auto wanted = read_new_key(call.request);
  if (!wanted) co_return error_response(wanted.error(), call.request);
  auto caller = call.caller();
  auto created = co_await services.accounts.create_api_key(std::move(caller), std::move(*wanted));
  if (!created) co_return error_response(created.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  write_key_members(json, created->key);
  json.member("key", created->secret).end_object().end_object();
  co_return net::Response::json(201, json.take());
}

Awaitable<net::Response> list_api_keys(Services& services, Call call) {
  auto caller = call.caller();
  const auto keys = co_await services.accounts.list_api_keys(std::move(caller));
  JsonWriter json;
  json.begin_object().member("status", "success").member("results", static_cast<std::int64_t>(keys.size()));
  json.key("data").begin_array();
  for (const auto& key : keys) {
    json.begin_object();
    write_key_members(json, key);
    json.end_object();
  }
  co_return net::Response::json(200, json.end_array().end_object().take());
}

Awaitable<net::Response> delete_api_key(Services& services, Call call) {
  const auto id = parse_api_key_id(call.request.param("id"));
  if (!id) co_return error_response(not_found("API key"), call.request);
  auto caller = call.caller();
  auto done = co_await services.accounts.delete_api_key(std::move(caller), *id);
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("The API key is deleted.");
}

}  // namespace taskgate::api
