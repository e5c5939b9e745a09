#include "sio/engineio_request.h"

#include <algorithm>

#include "base/json.h"

namespace taskgate::sio {
namespace {

// What Node.js accepts in a header: tab, printable ASCII and bytes from 0x80.
bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

}  // namespace

std::string_view engine_error_message(EngineError error) {
  switch (error) {
    case EngineError::unknown_transport:
      return "Transport unknown";
    case EngineError::unknown_sid:
      return "Session ID unknown";
    case EngineError::bad_handshake_method:
      return "Bad handshake method";
    case EngineError::bad_request:
      return "Bad request";
    case EngineError::forbidden:
      return "Forbidden";
    case EngineError::unsupported_protocol_version:
      return "Unsupported protocol version";
  }
  return "Bad request";
}

std::string engine_error_body(EngineError error, std::string_view message) {
  JsonWriter json;
  json.begin_object()
      .member("code", static_cast<int>(error))
      .member("message", message.empty() ? engine_error_message(error) : message)
      .end_object();
  return json.take();
}

int engine_error_status(EngineError error) { return error == EngineError::forbidden ? 403 : 400; }

std::optional<EngineError> check_request(const EngineRequest& request, EngineTransports enabled) {
  const bool known =
      (request.transport == "polling" && enabled.polling) || (request.transport == "websocket" && enabled.websocket);
  if (!known) return EngineError::unknown_transport;
  if (!is_header_value(request.origin)) return EngineError::bad_request;
  if (!request.sid.empty()) return std::nullopt;
  if (request.method != "GET") return EngineError::bad_handshake_method;
  if (request.transport == "websocket" && !request.upgrade) return EngineError::bad_request;
  return std::nullopt;
}

std::optional<int> check_protocol(const EngineRequest& request, bool allow_revision_3) {
  if (request.protocol == "4") return 4;
  return allow_revision_3 ? std::optional(3) : std::nullopt;
}

}  // namespace taskgate::sio
