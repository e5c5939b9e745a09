#pragma once

#include <string_view>

#include "net/http.h"

namespace taskgate::net {

// An answer in the error shape of the API:
//   {"status":"fail","code":"payload_too_large","message":"…","requestId":"…"}      ("error" for a status of 5xx)
// `code`, `message` and `request_id` are written as they are: constants, and an id of safe characters.
[[nodiscard]] Response refusal(int status, std::string_view code, std::string_view message,
                               std::string_view request_id);

// The two answers to a connection beyond a limit: of the server, and of its client.
[[nodiscard]] Response too_many_connections();
[[nodiscard]] Response too_many_connections_of_address(std::string_view request_id);

}  // namespace taskgate::net
