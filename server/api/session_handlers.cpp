#include "api/session_handlers.h"

#include "api/client_info.h"
#include "api/credentials.h"
#include "api/error_response.h"
#include "api/json_body.h"
#include "api/message_response.h"
#include "api/refresh_cookie.h"

namespace taskgate::api {

namespace {

void write_user(JsonWriter& json, const accounts::User& user) {
  json.key("user").begin_object();
  json.member("id", to_string(user.id)).member("email", user.email).member("role", to_string(user.role));
  json.end_object();
}

// The refresh token of the body, or of the cookie in cookie mode.
Result<std::string> given_refresh_token(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  if (is_cookie_mode(request)) {
    std::string token(refresh_cookie(request));
    if (token.empty()) return Error{ErrorCode::unauthenticated, "not_signed_in", "Not signed in", {}, {}};
    return token;
  }
  auto token = body->required_string("refreshToken", "Refresh token is required");
  if (auto failure = body->failure()) {
    failure->message = failure->fields.front().message;
    return *failure;
  }
  return token;
}

}  // namespace

Awaitable<net::Response> log_in(Services& services, Call call) {
  auto credentials = read_credentials(call.request);
  if (!credentials) co_return error_response(credentials.error(), call.request);

  auto client = client_info(call.request);
  auto tokens = co_await services.accounts.log_in(std::move(credentials->email), std::move(credentials->password),
                                                  std::move(client));
  if (!tokens) co_return error_response(tokens.error(), call.request);

  const bool cookie_mode = is_cookie_mode(call.request);
  JsonWriter json;
  json.begin_object().key("tokens").begin_object().member("accessToken", tokens->access_token);
  if (!cookie_mode) json.member("refreshToken", tokens->refresh_token);
  json.end_object();
  write_user(json, tokens->user);
  auto response = net::Response::json(200, json.end_object().take());
  if (cookie_mode) set_refresh_cookie(call.request, response, tokens->refresh_token, tokens->refresh_expires_in);
  co_return response;
}

Awaitable<net::Response> refresh_token(Services& services, Call call) {
  auto token = given_refresh_token(call.request);
  if (!token) co_return error_response(token.error(), call.request);

  const bool cookie_mode = is_cookie_mode(call.request);
  auto tokens = co_await services.accounts.refresh(std::move(*token));
  if (!tokens) {
    auto refused = error_response(tokens.error(), call.request);
    if (cookie_mode && refused.status == 401) clear_refresh_cookie(call.request, refused);
    co_return refused;
  }
  JsonWriter json;
  json.begin_object().member("accessToken", tokens->access_token);
  if (!cookie_mode) json.member("refreshToken", tokens->refresh_token);
  write_user(json, tokens->user);
  auto response = net::Response::json(200, json.end_object().take());
  if (cookie_mode) set_refresh_cookie(call.request, response, tokens->refresh_token, tokens->refresh_expires_in);
  co_return response;
}

Awaitable<net::Response> log_out(Services& services, Call call) {
  auto token = given_refresh_token(call.request);
  if (!token) co_return error_response(token.error(), call.request);

  auto caller = call.caller();
  auto done = co_await services.accounts.log_out(std::move(caller), std::move(*token));
  if (!done) co_return error_response(done.error(), call.request);
  auto response = message_response("Signed out.");
  if (is_cookie_mode(call.request)) clear_refresh_cookie(call.request, response);
  co_return response;
}

Awaitable<net::Response> log_out_everywhere(Services& services, Call call) {
  auto caller = call.caller();
  auto done = co_await services.accounts.log_out_everywhere(std::move(caller));
  if (!done) co_return error_response(done.error(), call.request);
  auto response = message_response("Signed out on all devices.");
  if (is_cookie_mode(call.request)) clear_refresh_cookie(call.request, response);
  co_return response;
}

Awaitable<net::Response> list_sessions(Services& services, Call call) {
  auto caller = call.caller();
  const auto current = caller.session_id;
  auto sessions = co_await services.accounts.list_sessions(std::move(caller));
  JsonWriter json;
  json.begin_object()
      .member("status", "success")
      .member("results", static_cast<std::int64_t>(sessions.size()))
      .key("data")
      .begin_array();
  for (const auto& session : sessions) {
    json.begin_object().member("id", to_string(session.id)).member("current", session.id == current);
    json.member("userAgent", session.user_agent).member("address", session.address);
    json.member("createdAt", to_iso8601(session.created_at)).member("lastUsedAt", to_iso8601(session.last_used_at));
    json.end_object();
  }
  co_return net::Response::json(200, json.end_array().end_object().take());
}

Awaitable<net::Response> end_session(Services& services, Call call) {
  const auto id = parse_session_id(call.request.param("id"));
  if (!id) co_return error_response(not_found("Session"), call.request);
  auto caller = call.caller();
  auto done = co_await services.accounts.end_session(std::move(caller), *id);
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("The session has ended.");
}

}  // namespace taskgate::api
