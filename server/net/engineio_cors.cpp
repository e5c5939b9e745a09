#include "net/engineio_cors.h"

namespace taskgate::net {
namespace {

void add_vary(Response& response, std::string_view field) {
  const std::string_view before = response.headers.get("Vary");
  response.headers.set("Vary", before.empty() ? std::string(field) : std::string(before) + ", " + std::string(field));
}

void add_preflight_fields(const CorsOptions& cors, const Request& request, Response& response) {
  response.headers.set("Access-Control-Allow-Methods", cors.methods);
  if (!cors.allowed_headers.empty()) {
    response.headers.set("Access-Control-Allow-Headers", cors.allowed_headers);
  } else {
    add_vary(response, "Access-Control-Request-Headers");
    const std::string_view asked = request.headers.get("Access-Control-Request-Headers");
    if (!asked.empty()) response.headers.set("Access-Control-Allow-Headers", std::string(asked));
  }
  if (cors.max_age) response.headers.set("Access-Control-Max-Age", std::to_string(cors.max_age->count()));
}

}  // namespace

void add_cors_fields(const CorsOptions& cors, const Request& request, Response& response) {
  if (!cors.enabled()) return;
  if (cors.any_origin) {
    response.headers.set("Access-Control-Allow-Origin", "*");
  } else {
    const std::string_view origin = request.headers.get("Origin");
    add_vary(response, "Origin");
    if (!origin.empty() && cors.origin_allowed(origin, request)) {
      response.headers.set("Access-Control-Allow-Origin", std::string(origin));
    }
  }
  if (cors.credentials) response.headers.set("Access-Control-Allow-Credentials", "true");
  if (request.method == "OPTIONS") add_preflight_fields(cors, request, response);
  if (!cors.exposed_headers.empty()) response.headers.set("Access-Control-Expose-Headers", cors.exposed_headers);
}

bool websocket_origin_allowed(const CorsOptions& cors, const Request& request) {
  if (cors.any_origin || !cors.origin_allowed || !request.headers.has("Origin")) return true;
  return cors.origin_allowed(request.headers.get("Origin"), request);
}

}  // namespace taskgate::net
