#pragma once

#include "accounts/account_service.h"
#include "net/http.h"

namespace taskgate::api {

// Who is calling, for rate limits and the list of sessions.
[[nodiscard]] inline accounts::ClientInfo client_info(const net::Request& request) {
  return {request.peer_address, std::string(request.headers.get("User-Agent").substr(0, 256))};
}

}  // namespace taskgate::api
