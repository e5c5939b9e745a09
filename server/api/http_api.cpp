#include "api/http_api.h"

#include <algorithm>
#include <array>
#include <variant>

#include "api/error_response.h"
#include "api/refresh_cookie.h"
#include "base/crypto.h"
#include "base/log.h"

namespace taskgate::api {

namespace {

bool is_api_path(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

net::Response method_not_allowed(const net::Request& request, const std::string& allow) {
  auto response = error_response(
      {ErrorCode::bad_request, "method_not_allowed", "This address answers only to " + allow, {}, {}}, request);
  response.status = 405;
  response.headers.set("Allow", allow);
  return response;
}

net::Response internal_error(const net::Request& request) {
  auto response = error_response(
      {ErrorCode::unavailable, "internal_error", "Something went wrong here; it has been logged", {}, {}}, request);
  response.status = 500;
  response.headers = {};
  response.headers.set("Content-Type", "application/json; charset=utf-8");
  return response;
}

bool is_loopback_name(std::string_view host) {
  if (host.starts_with('[')) return host.starts_with("[::1]");
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host.starts_with("127.");
}

// A program on this machine that came straight here, as far as that can be told: a proxy on this machine adds one of
// these fields, or keeps the name it was called by, as does a page that lured a browser here. A proxy may do neither,
// so this is for development.
bool is_local(const net::Request& request) {
  const auto& address = request.peer_address;
  const bool loopback = address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
  if (!loopback || !is_loopback_name(request.headers.get("Host"))) return false;
  constexpr std::array forwarding{
      "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via", "CF-Connecting-IP"};
  return std::none_of(forwarding.begin(), forwarding.end(),
                      [&request](const char* name) { return request.headers.has(name); });
}

// Why a known caller may not call the route, or nothing.
std::optional<Error> refuse(const Route& route, const Principal& caller) {
  if (caller.key && !caller.key->scopes.has(route.key_scope)) {
    const auto* why = route.key_scope == KeyScope::none ? "This needs a session; an API key may not do it"
                                                        : "The API key has not the scope that this needs";
    return Error{ErrorCode::forbidden, "insufficient_scope", why, {}, {}};
  }
  if (route.policy == Policy::worker && !caller.key) {
    return Error{ErrorCode::forbidden, "insufficient_scope", "Workers need an API key with the scope worker", {}, {}};
  }
  const bool for_admins = route.policy == Policy::admin || route.policy == Policy::internal;
  if (for_admins && !caller.is_admin()) {
    return Error{ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, {}};
  }
  return std::nullopt;
}

std::string_view bearer_token(const net::Request& request) {
  constexpr std::string_view scheme = "bearer ";
  auto value = request.headers.get("Authorization");
  if (value.size() <= scheme.size()) return {};
  const bool is_bearer = std::equal(scheme.begin(), scheme.end(), value.begin(), [](char expected, char given) {
    return expected == static_cast<char>(std::tolower(static_cast<unsigned char>(given)));
  });
  return is_bearer ? value.substr(scheme.size()) : std::string_view{};
}

bool may_read_metrics(const MetricsAccess& access, const net::Request& request) {
  if (!access.token.empty() && equal_in_constant_time(bearer_token(request), access.token)) return true;
  return access.local_is_enough && is_local(request);
}

}  // namespace

std::string_view logged_path(const net::Request& request) {
  for (const std::string_view place :
       {"/verify/:token", "/reset/:token", "/api/auth/verify/:token", "/api/auth/reset/:token"}) {
    if (request.path.starts_with(place.substr(0, place.size() - 6))) return place;
  }
  return {};
}

HttpApi::HttpApi(Services& services, CrossOrigin cross_origin)
    : services_(services), cross_origin_(std::move(cross_origin)) {
  const auto table = routes();
  for (std::size_t i = 0; i < table.size(); ++i) router_.add(table[i].method, table[i].pattern, i);
}

Awaitable<net::Response> HttpApi::handle(net::Request request) {
  if (auto preflight = cross_origin_.preflight(request)) co_return std::move(*preflight);

  // What is needed after the handler has taken the request.
  net::Request origin;
  origin.method = request.method;
  origin.request_id = request.request_id;
  origin.headers.set("Host", std::string(request.headers.get("Host")));
  if (request.headers.has("Origin")) origin.headers.set("Origin", std::string(request.headers.get("Origin")));
  const bool api = is_api_path(request.path);
  const auto secret_path = logged_path(request);
  const auto shown_path = secret_path.empty() ? request.path : std::string(secret_path);

  net::Response response;
  try {
    response = co_await answer(std::move(request));
  } catch (const StoreFailure& failure) {
    log::error("store failed", {{"request", origin.request_id}, {"path", shown_path}, {"error", failure.what()}});
    response = error_response(
        {ErrorCode::unavailable, "store_unavailable", "The store does not answer; try again soon", {}, {}}, origin);
  } catch (const std::exception& failure) {
    log::error("request failed", {{"request", origin.request_id}, {"path", shown_path}, {"error", failure.what()}});
    response = internal_error(origin);
  }
  cross_origin_.permit(origin, response);
  if (api && !response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  co_return response;
}

Awaitable<net::Response> HttpApi::answer(net::Request request) {
  auto found = router_.find(request.method, request.path);
  if (const auto* wrong_method = std::get_if<net::MethodNotAllowed>(&found))
    co_return method_not_allowed(request, wrong_method->allow);
  auto* match = std::get_if<net::RouteMatch>(&found);
  if (match == nullptr) co_return answer_without_route(request);

  request.params = std::move(match->params);
  const auto& route = routes()[match->route];
  co_return co_await call_route(route, std::move(request));
}

Awaitable<net::Response> HttpApi::call_route(const Route& route, net::Request request) {
  if (is_cookie_mode(request) && !cross_origin_.is_trusted(request)) {
    const Error refused{ErrorCode::forbidden,
                        "cross_site_request",
                        "Requests with cookies are accepted from this server's own pages only",
                        {},
                        {}};
    co_return error_response(refused, request);
  }
  std::optional<Principal> principal;
  const bool let_in = route.policy == Policy::internal && may_read_metrics(services_.metrics_access, request);
  const bool needs_caller = route.policy != Policy::open && !let_in;
  if (needs_caller) {
    auto caller = co_await authenticate(request);
    if (!caller) co_return error_response(caller.error(), request);
    if (const auto refusal = refuse(route, *caller)) co_return error_response(*refusal, request);
    principal = std::move(*caller);
  }
  Call call{std::move(request), std::move(principal)};
  co_return co_await route.handler(services_, std::move(call));
}

net::Response HttpApi::answer_without_route(const net::Request& request) const {
  if (!is_api_path(request.path)) {
    if (auto file = services_.dashboard(request)) return std::move(*file);
  }
  return error_response({ErrorCode::not_found, "not_found", "There is nothing at this address", {}, {}}, request);
}

Awaitable<Result<Principal>> HttpApi::authenticate(const net::Request& request) {
  const auto token = bearer_token(request);
  if (token.empty()) {
    Error missing{ErrorCode::unauthenticated,
                  "not_signed_in",
                  "Sign in: send the header Authorization: Bearer <accessToken or API key>",
                  {},
                  {}};
    co_return missing;
  }
  std::string copy(token);
  co_return co_await services_.accounts.authenticate(std::move(copy));
}

}  // namespace taskgate::api
