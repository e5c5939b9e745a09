#include "api/credentials.h"

#include "api/json_body.h"

namespace taskgate::api {

namespace {

constexpr std::string_view email_missing = "Email is required";
constexpr std::string_view password_missing = "Password is required";

Result<std::string> read_only_field(const net::Request& request, std::string_view name, std::string_view message) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  auto value = body->required_string(name, message);
  if (auto failure = body->failure()) return *failure;
  return value;
}

}  // namespace

Result<Credentials> read_credentials(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  Credentials credentials;
  credentials.email = body->required_string("email", email_missing);
  credentials.password = body->required_string("password", password_missing);
  if (auto failure = body->failure()) return *failure;
  return credentials;
}

Result<std::string> read_email(const net::Request& request) { return read_only_field(request, "email", email_missing); }

Result<std::string> read_password(const net::Request& request) {
  return read_only_field(request, "password", password_missing);
}

}  // namespace taskgate::api
