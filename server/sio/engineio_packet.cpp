#include "sio/engineio_packet.h"

#include "base/crypto.h"

namespace taskgate::sio {
namespace {

constexpr char separator = '\x1e';
constexpr char base64_mark = 'b';

std::string_view next_piece(std::string_view& rest, bool& last) {
  const std::size_t end = rest.find(separator);
  last = end == std::string_view::npos;
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(last ? rest.size() : end + 1);
  return piece;
}

}  // namespace

EngineFrame packet_frame(EnginePacketType type, std::string_view data) {
  std::string text;
  text.reserve(1 + data.size());
  text += static_cast<char>('0' + static_cast<int>(type));
  text += data;
  return {std::make_shared<const std::string>(std::move(text)), false};
}

EngineFrame message_frame(std::string_view text) { return packet_frame(EnginePacketType::message, text); }

EngineFrame binary_frame(Buffer bytes) { return {std::move(bytes), true}; }

std::optional<EnginePacket> decode_packet(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  return EnginePacket{static_cast<EnginePacketType>(text.front() - '0'), text.substr(1), false};
}

bool decode_payload(std::string_view body, const std::function<bool(const EnginePacket&)>& each) {
  if (!is_utf8(body)) return false;
  bool last = false;
  while (!last) {
    const std::string_view piece = next_piece(body, last);
    if (!piece.empty() && piece.front() == base64_mark) {
      const std::optional<std::string> bytes = from_base64(piece.substr(1));
      if (!bytes) return false;
      if (!each(EnginePacket{EnginePacketType::message, *bytes, true})) return true;
      continue;
    }
    const std::optional<EnginePacket> packet = decode_packet(piece);
    if (!packet) return false;
    if (!each(*packet)) return true;
  }
  return true;
}

void append_to_payload(std::string& body, const EngineFrame& frame) {
  if (!body.empty()) body += separator;
  if (frame.binary) {
    body += base64_mark;
    body += to_base64(*frame.payload);
  } else {
    body += *frame.payload;
  }
}

std::size_t payload_size(const EngineFrame& frame) {
  const std::size_t bytes = frame.payload->size();
  return 1 + (frame.binary ? 1 + (bytes + 2) / 3 * 4 : bytes);
}

}  // namespace taskgate::sio
