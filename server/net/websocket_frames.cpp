#include "net/websocket_frames.h"

#include <algorithm>
#include <cstring>

namespace taskgate::net {

namespace {

constexpr std::size_t control_payload_max = 125;
constexpr std::size_t kept_message_capacity = 16 * 1024;

constexpr bool is_control(WebSocketOpcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

// XORs the mask over the bytes, the first of which is number `offset` of its frame's payload.
void unmask(std::span<char> bytes, const std::array<std::uint8_t, 4>& mask, std::size_t offset) {
  std::array<std::uint8_t, 8> pattern{};
  for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = mask[(offset + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, pattern.data(), sizeof wide);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    word ^= wide;
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  for (; at < bytes.size(); ++at) {
    bytes[at] = static_cast<char>(static_cast<std::uint8_t>(bytes[at]) ^ pattern[at % 8]);
  }
}

std::uint64_t read_big_endian(std::span<const char> bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

bool is_valid_close_code(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

WebSocketFrameHeader make_frame_header(WebSocketOpcode opcode, std::size_t payload_size) {
  WebSocketFrameHeader header;
  header.bytes[0] = static_cast<char>(0x80U | static_cast<unsigned>(opcode));
  std::size_t length_bytes = 0;
  if (payload_size <= 125) {
    header.bytes[1] = static_cast<char>(payload_size);
  } else if (payload_size <= 0xFFFF) {
    header.bytes[1] = 126;
    length_bytes = 2;
  } else {
    header.bytes[1] = 127;
    length_bytes = 8;
  }
  for (std::size_t i = 0; i < length_bytes; ++i) {
    header.bytes[2 + i] = static_cast<char>(payload_size >> (8 * (length_bytes - 1 - i)) & 0xFF);
  }
  header.size = static_cast<std::uint8_t>(2 + length_bytes);
  return header;
}

std::string make_close_payload(std::uint16_t code, std::string_view reason) {
  if (code == close_code::none) return {};
  constexpr std::size_t reason_max = control_payload_max - 2;
  if (reason.size() > reason_max) {
    std::size_t size = reason_max;
    while (size > 0 && (static_cast<std::uint8_t>(reason[size]) & 0xC0) == 0x80) --size;
    reason = reason.substr(0, size);
  }
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason;
  return payload;
}

WebSocketDecoder::HeadResult WebSocketDecoder::read_head(std::span<const char> input, FrameHead& head) {
  if (input.size() < 2) return HeadResult::incomplete;
  const auto first = static_cast<std::uint8_t>(input[0]);
  const auto second = static_cast<std::uint8_t>(input[1]);
  if ((first & 0x70) != 0 || (second & 0x80) == 0) return HeadResult::invalid;
  head.final = (first & 0x80) != 0;
  head.opcode = static_cast<WebSocketOpcode>(first & 0x0F);

  const auto short_size = second & 0x7F;
  const std::size_t length_bytes = short_size == 126 ? 2 : short_size == 127 ? 8 : 0;
  head.size = 2 + length_bytes + 4;
  if (input.size() < head.size) return HeadResult::incomplete;
  head.payload_size = static_cast<std::uint64_t>(short_size);
  if (length_bytes > 0) {
    head.payload_size = read_big_endian(input.subspan(2, length_bytes));
    const std::uint64_t shortest = length_bytes == 2 ? 126 : 0x10000;
    if (head.payload_size < shortest || head.payload_size >> 63 != 0) return HeadResult::invalid;
  }
  for (std::size_t i = 0; i < 4; ++i) head.mask[i] = static_cast<std::uint8_t>(input[2 + length_bytes + i]);
  return HeadResult::complete;
}

// The close code of what is wrong with a frame, or `none`.
std::uint16_t WebSocketDecoder::check_head(const FrameHead& head) const {
  switch (head.opcode) {
    case WebSocketOpcode::close:
    case WebSocketOpcode::ping:
    case WebSocketOpcode::pong:
      return head.final && head.payload_size <= control_payload_max ? close_code::none : close_code::protocol_error;
    case WebSocketOpcode::continuation:
      if (!in_message_) return close_code::protocol_error;
      break;
    case WebSocketOpcode::text:
    case WebSocketOpcode::binary:
      if (in_message_) return close_code::protocol_error;
      break;
    default:
      return close_code::protocol_error;
  }
  const std::uint64_t so_far = in_message_ ? message_.size() : 0;
  return head.payload_size > message_bytes_max_ - so_far ? close_code::message_too_big : close_code::none;
}

WebSocketEvent WebSocketDecoder::next(std::span<char> input, std::size_t& consumed) {
  consumed = 0;
  forget_delivered();
  if (in_frame_) return continue_data(input, consumed);

  FrameHead head;
  switch (read_head(input, head)) {
    case HeadResult::invalid:
      return WebSocketFault{close_code::protocol_error};
    case HeadResult::incomplete:
      return WebSocketNeedsMore{};
    case HeadResult::complete:
      break;
  }
  if (const auto code = check_head(head); code != close_code::none) return WebSocketFault{code};
  if (!is_control(head.opcode)) return begin_data(input, consumed, head);

  const auto payload_size = static_cast<std::size_t>(head.payload_size);
  if (input.size() < head.size + payload_size) return WebSocketNeedsMore{};
  const auto payload = input.subspan(head.size, payload_size);
  unmask(payload, head.mask, 0);
  consumed = head.size + payload_size;
  return control_event(head, {payload.data(), payload.size()});
}

WebSocketEvent WebSocketDecoder::control_event(const FrameHead& head, std::string_view payload) const {
  if (head.opcode == WebSocketOpcode::ping) return WebSocketReceivedPing{payload};
  if (head.opcode == WebSocketOpcode::pong) return WebSocketReceivedPong{};
  if (payload.empty()) return WebSocketReceivedClose{close_code::none, {}};
  if (payload.size() < 2) return WebSocketFault{close_code::protocol_error};
  const auto code = static_cast<std::uint16_t>(read_big_endian(std::span(payload.data(), 2)));
  if (!is_valid_close_code(code)) return WebSocketFault{close_code::protocol_error};
  const auto reason = payload.substr(2);
  Utf8Validator utf8;
  if (!utf8.feed(reason) || !utf8.complete()) return WebSocketFault{close_code::invalid_payload};
  return WebSocketReceivedClose{code, reason};
}

WebSocketEvent WebSocketDecoder::begin_data(std::span<char> input, std::size_t& consumed, const FrameHead& head) {
  if (!in_message_) {
    in_message_ = true;
    binary_ = head.opcode == WebSocketOpcode::binary;
    utf8_.reset();
    const auto rest = input.subspan(head.size);
    if (head.final && rest.size() >= head.payload_size) {  // the whole message is here: no copy
      const auto payload = rest.first(static_cast<std::size_t>(head.payload_size));
      unmask(payload, head.mask, 0);
      consumed = head.size + payload.size();
      in_message_ = false;
      const std::string_view view{payload.data(), payload.size()};
      if (!binary_ && (!utf8_.feed(view) || !utf8_.complete())) return WebSocketFault{close_code::invalid_payload};
      return WebSocketReceivedMessage{view, binary_};
    }
  }
  in_frame_ = true;
  frame_final_ = head.final;
  frame_left_ = head.payload_size;
  mask_ = head.mask;
  mask_offset_ = 0;
  std::size_t payload_consumed = 0;
  auto event = continue_data(input.subspan(head.size), payload_consumed);
  consumed = head.size + payload_consumed;
  return event;
}

WebSocketEvent WebSocketDecoder::continue_data(std::span<char> input, std::size_t& consumed) {
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(frame_left_, input.size()));
  const auto piece = input.first(take);
  unmask(piece, mask_, mask_offset_);
  const std::string_view view{piece.data(), piece.size()};
  consumed = take;
  frame_left_ -= take;
  mask_offset_ += take;
  message_.append(view);
  if (!binary_ && !utf8_.feed(view)) return WebSocketFault{close_code::invalid_payload};
  return frame_left_ == 0 ? end_of_frame() : WebSocketNeedsMore{};
}

WebSocketEvent WebSocketDecoder::end_of_frame() {
  in_frame_ = false;
  if (!frame_final_) return WebSocketNeedsMore{};
  in_message_ = false;
  if (!binary_ && !utf8_.complete()) return WebSocketFault{close_code::invalid_payload};
  delivered_ = true;
  return WebSocketReceivedMessage{message_, binary_};
}

void WebSocketDecoder::forget_delivered() {
  if (!delivered_) return;
  delivered_ = false;
  if (message_.capacity() > kept_message_capacity) {
    message_ = {};
  } else {
    message_.clear();
  }
}

}  // namespace taskgate::net
