#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "net/http.h"

namespace taskgate::api {

// Cookie mode, asked for with `X-Token-Mode: cookie`: the refresh token travels in an HttpOnly, SameSite=Strict cookie
// and never reaches scripts. Over TLS the name has the `__Host-` prefix. The header makes every such request a
// preflighted one across origins.
[[nodiscard]] bool is_cookie_mode(const net::Request& request);

// The refresh token of the request's cookie; empty when there is none.
[[nodiscard]] std::string_view refresh_cookie(const net::Request& request);

void set_refresh_cookie(const net::Request& request, net::Response& response, std::string_view token,
                        std::chrono::milliseconds lifetime);
void clear_refresh_cookie(const net::Request& request, net::Response& response);

}  // namespace taskgate::api
