#include "sio/engineio_payload3.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"

namespace taskgate::sio {
namespace {

constexpr char text_mark = '\x00';
constexpr char binary_mark = '\x01';
constexpr char end_of_length = '\xff';
constexpr char message_type = '\x04';
constexpr std::string_view base64_mark = "b4";
constexpr std::size_t length_digits_max = 9;

// How many UTF-16 code units the character has that begins with this byte; 0 for a byte that continues one.
constexpr std::size_t code_units(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  if ((value & 0xC0U) == 0x80U) return 0;
  return value >= 0xF0U ? 2 : 1;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char byte : text) units += code_units(byte);
  return units;
}

// The start of `text` that has so many UTF-16 code units; nothing when it is shorter or would be cut in a character.
std::optional<std::string_view> take_units(std::string_view& text, std::size_t units) {
  std::size_t bytes = 0;
  std::size_t counted = 0;
  while (bytes < text.size() && (counted < units || code_units(text[bytes]) == 0)) counted += code_units(text[bytes++]);
  if (counted != units) return std::nullopt;
  const std::string_view taken = text.substr(0, bytes);
  text.remove_prefix(bytes);
  return taken;
}

std::string base64_packet(const EngineFrame& frame) { return std::string(base64_mark) + to_base64(*frame.payload); }

void append_as_text(std::string& body, const EngineFrame& frame) {
  const std::string packet = frame.binary ? base64_packet(frame) : *frame.payload;
  body += std::to_string(utf16_length(packet));
  body += ':';
  body += packet;
}

void append_as_binary(std::string& body, const EngineFrame& frame) {
  body += frame.binary ? binary_mark : text_mark;
  for (const char digit : std::to_string(frame.payload->size() + (frame.binary ? 1 : 0))) {
    body += static_cast<char>(digit - '0');
  }
  body += end_of_length;
  if (frame.binary) body += message_type;
  body += *frame.payload;
}

std::optional<std::size_t> take_text_length(std::string_view& body) {
  const auto colon = body.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon > length_digits_max) return std::nullopt;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + colon, length);
  if (error != std::errc() || end != body.data() + colon) return std::nullopt;
  body.remove_prefix(colon + 1);
  return length;
}

std::optional<std::size_t> take_binary_length(std::string_view& body) {
  const auto end = body.find(end_of_length);
  if (end == 0 || end == std::string_view::npos || end > length_digits_max) return std::nullopt;
  std::size_t length = 0;
  for (const char digit : body.substr(0, end)) {
    if (digit < 0 || digit > 9) return std::nullopt;
    length = length * 10 + static_cast<std::size_t>(digit);
  }
  body.remove_prefix(end + 1);
  return length;
}

// Takes one packet off the body; nothing when it is malformed.
std::optional<std::string_view> take_packet(std::string_view& body, bool binary, bool& is_binary) {
  is_binary = false;
  if (!binary) {
    const auto length = take_text_length(body);
    return length ? take_units(body, *length) : std::nullopt;
  }
  if (body.front() != text_mark && body.front() != binary_mark) return std::nullopt;
  is_binary = body.front() == binary_mark;
  body.remove_prefix(1);
  const auto length = take_binary_length(body);
  if (!length || *length > body.size()) return std::nullopt;
  const std::string_view packet = body.substr(0, *length);
  body.remove_prefix(*length);
  return is_binary || is_utf8(packet) ? std::optional(packet) : std::nullopt;
}

}  // namespace

Payload3 encode_payload3(std::span<const EngineFrame> frames, bool base64) {
  Payload3 payload;
  payload.binary =
      !base64 && std::any_of(frames.begin(), frames.end(), [](const EngineFrame& frame) { return frame.binary; });
  for (const EngineFrame& frame : frames) {
    payload.binary ? append_as_binary(payload.body, frame) : append_as_text(payload.body, frame);
  }
  if (frames.empty()) payload.body = "0:";
  return payload;
}

bool decode_payload3(std::string_view body, bool binary, const std::function<bool(const EnginePacket&)>& each) {
  if (body.empty() || (!binary && !is_utf8(body))) return false;
  while (!body.empty()) {
    bool is_binary = false;
    const auto text = take_packet(body, binary, is_binary);
    if (!text) return false;
    if (text->empty()) continue;
    std::string bytes;
    const auto packet = decode_message3(*text, is_binary, bytes);
    if (!packet) return false;
    if (!each(*packet)) return true;
  }
  return true;
}

EngineFrame websocket_frame3(const EngineFrame& frame, bool base64) {
  if (!frame.binary) return frame;
  if (base64) return {std::make_shared<const std::string>(base64_packet(frame)), false, frame.compress};
  return {std::make_shared<const std::string>(message_type + *frame.payload), true, frame.compress};
}

std::optional<EnginePacket> decode_message3(std::string_view message, bool binary, std::string& bytes) {
  if (binary) {
    if (message.empty() || message.front() != message_type) return std::nullopt;
    return EnginePacket{EnginePacketType::message, message.substr(1), true};
  }
  if (!message.starts_with(base64_mark)) return decode_packet(message);
  auto decoded = from_base64(message.substr(base64_mark.size()));
  if (!decoded) return std::nullopt;
  bytes = std::move(*decoded);
  return EnginePacket{EnginePacketType::message, bytes, true};
}

}  // namespace taskgate::sio
