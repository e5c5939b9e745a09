#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace taskgate::net {

// The server's half of the opening handshake (RFC 6455, 4.2), without any I/O.

// What is wrong with an upgrade request, as an answer: 400 for a wrong method, key or body, 426 (with the version that
// would do) for a version other than 13. Nothing when it is right.
[[nodiscard]] std::optional<Response> check_websocket_request(const Request& request);

// The whole "101 Switching Protocols" answer to a request that passed the check. The first of the offered subprotocols
// is accepted, as clients expect that pass one.
[[nodiscard]] std::string make_websocket_answer(const Request& request);

// The Sec-WebSocket-Accept of a Sec-WebSocket-Key.
[[nodiscard]] std::string websocket_accept_key(std::string_view key);

}  // namespace taskgate::net
