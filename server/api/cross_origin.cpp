#include "api/cross_origin.h"

#include <algorithm>

namespace taskgate::api {

namespace {

// The origin of the address the request was sent to.
bool is_own(std::string_view origin, const net::Request& request) {
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const auto scheme = origin.substr(0, scheme_end);
  if (scheme != "https" && (scheme != "http" || request.secure)) return false;
  return origin.substr(scheme_end + 3) == request.headers.get("Host");
}

}  // namespace

bool CrossOrigin::is_allowed(std::string_view origin, const net::Request& request) const {
  return is_own(origin, request) || std::find(allowed_.begin(), allowed_.end(), origin) != allowed_.end();
}

bool CrossOrigin::is_trusted(const net::Request& request) const {
  const auto origin = request.headers.get("Origin");
  if (!origin.empty()) return is_allowed(origin, request);
  const auto site = request.headers.get("Sec-Fetch-Site");
  return site.empty() || site == "same-origin" || site == "none";
}

void CrossOrigin::permit(const net::Request& request, net::Response& response) const {
  const auto origin = request.headers.get("Origin");
  if (!any_without_credentials_) response.headers.add("Vary", "Origin");
  if (origin.empty()) return;
  if (is_allowed(origin, request)) {
    response.headers.set("Access-Control-Allow-Origin", std::string(origin));
    response.headers.set("Access-Control-Allow-Credentials", "true");
  } else if (any_without_credentials_) {
    response.headers.set("Access-Control-Allow-Origin", "*");
  } else {
    return;
  }
  response.headers.set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
}

std::optional<net::Response> CrossOrigin::preflight(const net::Request& request) const {
  if (request.method != "OPTIONS" || !request.headers.has("Access-Control-Request-Method")) return std::nullopt;
  net::Response response;
  response.status = 204;
  permit(request, response);
  if (response.headers.has("Access-Control-Allow-Origin")) {
    response.headers.set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    response.headers.set("Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-Token-Mode");
    response.headers.set("Access-Control-Max-Age", "600");
  }
  return response;
}

}  // namespace taskgate::api
