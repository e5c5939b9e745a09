#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sio/engineio_packet.h"

namespace taskgate::sio {

// What revision 3 of the Engine.IO protocol (clients of the years before 2020) writes differently: a payload gives the
// length of each packet, binary messages carry their type, and may come as base64 over a WebSocket too.
// github.com/socketio/engine.io-protocol/tree/v3

struct Payload3 {
  std::string body;
  bool binary = false;  // application/octet-stream
};

// "<length>:<packet>" for each frame, lengths in UTF-16 code units; binary messages as "b4" and base64. Where one of
// the frames is binary and the client takes binary (not `base64`), all of them in the binary form: 0 or 1, the decimal
// digits of the length in bytes, 255, the packet.
[[nodiscard]] Payload3 encode_payload3(std::span<const EngineFrame> frames, bool base64);

// Decodes the body of a polling request; see decode_payload for `each` and the result. `binary`: it came as
// application/octet-stream.
[[nodiscard]] bool decode_payload3(std::string_view body, bool binary,
                                   const std::function<bool(const EnginePacket&)>& each);

// A frame as it goes over a WebSocket.
[[nodiscard]] EngineFrame websocket_frame3(const EngineFrame& frame, bool base64);

// One message of a WebSocket. `bytes` holds what the packet points to when it was base64. Nothing when it is no packet.
[[nodiscard]] std::optional<EnginePacket> decode_message3(std::string_view message, bool binary, std::string& bytes);

}  // namespace taskgate::sio
