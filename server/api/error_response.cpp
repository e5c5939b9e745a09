#include "api/error_response.h"

#include "base/json.h"

namespace taskgate::api {

namespace {

void write_fields(JsonWriter& json, const Error& error) {
  if (error.fields.empty()) return;
  json.key("errors").begin_array();
  for (const auto& field : error.fields) {
    json.begin_object().member("field", field.field).member("message", field.message).end_object();
  }
  json.end_array();
}

std::string retry_after_seconds(std::chrono::milliseconds wait) {
  return std::to_string(std::max<std::int64_t>(1, (wait.count() + 999) / 1000));
}

}  // namespace

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request:
      return 400;
    case ErrorCode::unauthenticated:
      return 401;
    case ErrorCode::forbidden:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::payload_too_large:
      return 413;
    case ErrorCode::unsupported_media_type:
      return 415;
    case ErrorCode::too_many_requests:
      return 429;
    case ErrorCode::unavailable:
      return 503;
  }
  return 500;
}

net::Response error_response(const Error& error, const net::Request& request) {
  const int status = http_status(error.code);
  JsonWriter json;
  json.begin_object()
      .member("status", status < 500 ? "fail" : "error")
      .member("code", error.reason)
      .member("message", error.message);
  write_fields(json, error);
  json.member("requestId", request.request_id).end_object();
  auto response = net::Response::json(status, json.take());
  if (error.retry_after) {
    response.headers.set("Retry-After", retry_after_seconds(*error.retry_after));
  } else if (status == 503) {
    response.headers.set("Retry-After", "1");
  }
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

std::string error_acknowledgement(const Error& error) {
  JsonWriter json;
  json.begin_object().member("ok", false).member("code", error.reason).member("message", error.message);
  write_fields(json, error);
  return json.end_object().take();
}

}  // namespace taskgate::api
