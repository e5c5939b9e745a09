#include "api/system_handlers.h"

#include "api/error_response.h"
#include "base/json.h"

namespace taskgate::api {

namespace {

net::Response document_response(std::string content_type, std::shared_ptr<const std::string> body) {
  net::Response response;
  response.headers.set("Content-Type", std::move(content_type));
  response.headers.set("Cache-Control", "no-cache");
  response.body = std::move(body);
  return response;
}

}  // namespace

Awaitable<net::Response> get_welcome(Services& services, Call call) {
  if (call.request.headers.get("Accept").find("text/html") != std::string_view::npos) {
    if (auto page = services.dashboard(call.request)) co_return std::move(*page);
  }
  auto greeting = net::Response::json(200, R"({"message":"Welcome to the Backend API"})");
  greeting.headers.set("Vary", "Accept");
  co_return greeting;
}

Awaitable<net::Response> get_system_info(Services& services, Call) {
  const auto& system = services.system;
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  json.member("name", "Taskgate").member("version", system.version).member("environment", system.environment);
  json.member("simulate", system.simulate)
      .member("guests", system.guests)
      .member("mail", system.smtp ? "smtp" : "terminal");
  json.member("publicUrl", system.public_url());
  co_return net::Response::json(200, json.end_object().end_object().take());
}

Awaitable<net::Response> get_openapi(Services& services, Call) {
  co_return document_response("application/json; charset=utf-8", services.documents.openapi);
}

Awaitable<net::Response> get_docs(Services& services, Call) {
  auto page = document_response("text/html; charset=utf-8", services.documents.docs);
  // The page brings its style along and runs nothing.
  page.headers.set(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  co_return page;
}

Awaitable<net::Response> get_health(Services&, Call) { co_return net::Response::json(200, R"({"status":"success"})"); }

Awaitable<net::Response> get_readiness(Services& services, Call call) {
  if (services.is_ready()) co_return net::Response::json(200, R"({"status":"success"})");
  const Error not_ready{
      ErrorCode::unavailable, "not_ready", "The store is not reachable, or the server is stopping", {}, {}};
  co_return error_response(not_ready, call.request);
}

Awaitable<net::Response> get_metrics(Services& services, Call) {
  co_return net::Response::text(200, "text/plain; version=0.0.4; charset=utf-8", services.metrics.to_text());
}

}  // namespace taskgate::api
