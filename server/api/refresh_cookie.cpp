#include "api/refresh_cookie.h"

#include <fmt/format.h>

namespace taskgate::api {

namespace {

std::string_view cookie_name(const net::Request& request) {
  return request.secure ? "__Host-taskgate_refresh" : "taskgate_refresh";
}

void add_cookie(const net::Request& request, net::Response& response, std::string_view value, std::int64_t seconds) {
  response.headers.add(
      "Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", cookie_name(request), value,
                                seconds, request.secure ? "; Secure" : ""));
}

}  // namespace

bool is_cookie_mode(const net::Request& request) { return request.headers.get("X-Token-Mode") == "cookie"; }

std::string_view refresh_cookie(const net::Request& request) { return request.cookie(cookie_name(request)); }

void set_refresh_cookie(const net::Request& request, net::Response& response, std::string_view token,
                        std::chrono::milliseconds lifetime) {
  add_cookie(request, response, token, std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
}

void clear_refresh_cookie(const net::Request& request, net::Response& response) {
  add_cookie(request, response, "", 0);
}

}  // namespace taskgate::api
