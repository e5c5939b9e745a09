#include "api/account_handlers.h"

#include "api/client_info.h"
#include "api/credentials.h"
#include "api/error_response.h"
#include "api/json_body.h"
#include "api/message_response.h"

namespace taskgate::api {

Awaitable<net::Response> sign_up(Services& services, Call call) {
  auto credentials = read_credentials(call.request);
  if (!credentials) co_return error_response(credentials.error(), call.request);

  auto client = client_info(call.request);
  auto done = co_await services.accounts.sign_up(std::move(credentials->email), std::move(credentials->password),
                                                 std::move(client));
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("Check your mail: we sent a link that confirms your address.");
}

Awaitable<net::Response> verify_email(Services& services, Call call) {
  std::string token(call.request.param("token"));
  auto client = client_info(call.request);
  auto done = co_await services.accounts.verify_email(std::move(token), std::move(client));
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("Your address is confirmed. You can sign in now.");
}

Awaitable<net::Response> resend_verification(Services& services, Call call) {
  auto email = read_email(call.request);
  if (!email) co_return error_response(email.error(), call.request);

  auto client = client_info(call.request);
  auto done = co_await services.accounts.resend_verification(std::move(*email), std::move(client));
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("If this address waits for its confirmation, a new link is on its way.");
}

Awaitable<net::Response> forgot_password(Services& services, Call call) {
  auto email = read_email(call.request);
  if (!email) co_return error_response(email.error(), call.request);

  auto client = client_info(call.request);
  auto done = co_await services.accounts.forgot_password(std::move(*email), std::move(client));
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("If there is an account with this address, a link to set a new password is on its way.");
}

Awaitable<net::Response> reset_password(Services& services, Call call) {
  auto password = read_password(call.request);
  if (!password) co_return error_response(password.error(), call.request);

  std::string token(call.request.param("token"));
  auto client = client_info(call.request);
  auto done = co_await services.accounts.reset_password(std::move(token), std::move(*password), std::move(client));
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("Your password is changed. Sign in with the new one.");
}

Awaitable<net::Response> change_password(Services& services, Call call) {
  auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto old_password = body->required_string("oldPassword", "Current password is required");
  auto new_password = body->required_string("newPassword", "New password is required");
  if (auto failure = body->failure()) co_return error_response(*failure, call.request);

  auto client = client_info(call.request);
  auto caller = call.caller();
  auto done = co_await services.accounts.change_password(std::move(caller), std::move(old_password),
                                                         std::move(new_password), std::move(client));
  if (!done) co_return error_response(done.error(), call.request);
  co_return message_response("Your password is changed. Your other sessions have ended.");
}

Awaitable<net::Response> get_own_account(Services& services, Call call) {
  auto user = co_await services.accounts.find_user(call.caller().user_id);
  if (!user) co_return error_response(user.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  json.member("id", to_string(user->id)).member("email", user->email).member("role", to_string(user->role));
  json.member("emailVerified", user->email_verified).member("createdAt", to_iso8601(user->created_at));
  json.end_object().end_object();
  co_return net::Response::json(200, json.take());
}

}  // namespace taskgate::api
