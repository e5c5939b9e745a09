#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::sio {

// Bytes that many receivers share and nobody changes.
using Buffer = std::shared_ptr<const std::string>;

// The packet types of the Engine.IO protocol, revision 4 (github.com/socketio/engine.io-protocol). The values are the
// digits on the wire.
enum class EnginePacketType : std::uint8_t { open = 0, close, ping, pong, message, upgrade, noop };

// One decoded packet. `data` points into what was decoded, or into `decoded_base64` for a binary message of a polling
// payload.
struct EnginePacket {
  EnginePacketType type = EnginePacketType::noop;
  std::string_view data;
  bool binary = false;  // only with type message
};

// One packet ready to be sent, the same object for every receiver. Text frames carry the type digit ("4hello"); binary
// frames are the bare bytes of a message.
struct EngineFrame {
  Buffer payload;
  bool binary = false;
  bool compress = true;  // may be compressed where the transport compresses
};

// Frames. `message_frame` prefixes the text with its type; `binary_frame` shares the bytes as they are.
[[nodiscard]] EngineFrame packet_frame(EnginePacketType type, std::string_view data = {});
[[nodiscard]] EngineFrame message_frame(std::string_view text);
[[nodiscard]] EngineFrame binary_frame(Buffer bytes);

// Decodes one text packet as it stands in a WebSocket text message. Nothing when the first character is no packet type.
[[nodiscard]] std::optional<EnginePacket> decode_packet(std::string_view text);

// Decodes the body of a polling request: packets separated by U+001E, a binary message as "b" and standard base64 with
// padding. `each` is called per packet, in order, as long as it returns true. Returns false when a packet is malformed
// or the body is not UTF-8; the packets before a malformed one have been delivered then. An empty body is malformed.
[[nodiscard]] bool decode_payload(std::string_view body, const std::function<bool(const EnginePacket&)>& each);

// Appends one frame to the body of a polling answer (with the separator when the body is not empty).
void append_to_payload(std::string& body, const EngineFrame& frame);

// How many bytes `append_to_payload` will add.
[[nodiscard]] std::size_t payload_size(const EngineFrame& frame);

// Whether the text is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace taskgate::sio
