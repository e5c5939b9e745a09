#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace taskgate::sio {

// The errors of an Engine.IO handshake or request. The numbers and texts go out.
enum class EngineError : int {
  unknown_transport = 0,
  unknown_sid = 1,
  bad_handshake_method = 2,
  bad_request = 3,
  forbidden = 4,
  unsupported_protocol_version = 5,
};

[[nodiscard]] std::string_view engine_error_message(EngineError error);
// `{"code":1,"message":"Session ID unknown"}`, with another text when `message` is given.
[[nodiscard]] std::string engine_error_body(EngineError error, std::string_view message = {});
// 403 for forbidden, else 400.
[[nodiscard]] int engine_error_status(EngineError error);

// What of a request decides how it is treated.
struct EngineRequest {
  std::string_view method;
  std::string_view transport;  // of the query; empty when absent
  std::string_view sid;        // of the query; empty when absent
  std::string_view protocol;   // `EIO` of the query
  std::string_view origin;     // of the header
  bool upgrade = false;        // asks to become a WebSocket
};

struct EngineTransports {
  bool polling = true;
  bool websocket = true;
};

// The checks that need no session, in the order of the official server (the order shows in the code returned):
// transport, origin, and without a sid the handshake's method and upgrade. What depends on the session (unknown, other
// transport), the allow-request hook and then `check_protocol` come after.
[[nodiscard]] std::optional<EngineError> check_request(const EngineRequest& request, EngineTransports enabled);
// The revision of the protocol that the client speaks: 4, or 3 for any other where `allow_revision_3`. Nothing when it
// is not spoken here: EngineError::unsupported_protocol_version.
[[nodiscard]] std::optional<int> check_protocol(const EngineRequest& request, bool allow_revision_3);

}  // namespace taskgate::sio
