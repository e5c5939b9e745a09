#pragma once

#include <string>
#include <string_view>

#include "net/engineio_options.h"
#include "net/http.h"
#include "sio/engineio_request.h"
#include "sio/engineio_session.h"

namespace taskgate::net {

// The answers of the Engine.IO protocol, field by field as the official server gives them.
[[nodiscard]] Response engine_error_response(sio::EngineError error, std::string_view message = {});
// To a request to upgrade, when there will be no WebSocket.
[[nodiscard]] Response upgrade_error_response(sio::EngineError error, std::string_view message = {});
[[nodiscard]] Response poll_response(const Request& request, sio::PollBody body);
// The same answer, compressed as the client likes best; as it was when it accepts neither gzip nor deflate.
void compress_response(const Request& request, Response& response);
[[nodiscard]] Response post_response();
[[nodiscard]] Response empty_response(int status);
[[nodiscard]] Response overloaded_response();
[[nodiscard]] std::string session_cookie_field(const SessionCookie& cookie, std::string_view sid);

}  // namespace taskgate::net
