#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "net/utf8.h"

// The frames of RFC 6455 from the server's side, without any I/O: bytes in, events out.
namespace taskgate::net {

enum class WebSocketOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Close codes that this side gives by itself (RFC 6455, 7.4.1).
namespace close_code {
inline constexpr std::uint16_t none = 0;  // a close frame without a code
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t message_too_big = 1009;
inline constexpr std::uint16_t internal_error = 1011;
}  // namespace close_code

// Whether a peer may put the code into a close frame.
[[nodiscard]] bool is_valid_close_code(std::uint16_t code);

// The header of an unmasked, unfragmented frame, as a server sends it: 2, 4 or 10 bytes.
struct WebSocketFrameHeader {
  std::array<char, 10> bytes{};
  std::uint8_t size = 0;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};
[[nodiscard]] WebSocketFrameHeader make_frame_header(WebSocketOpcode opcode, std::size_t payload_size);

// The payload of a close frame: empty for `close_code::none`; the reason is cut to 123 bytes at a character's boundary.
[[nodiscard]] std::string make_close_payload(std::uint16_t code, std::string_view reason);

// What a client's bytes meant. Views are valid until the next call of `next` and as long as the input.
struct WebSocketNeedsMore {};
struct WebSocketReceivedMessage {
  std::string_view payload;
  bool binary;
};
struct WebSocketReceivedPing {
  std::string_view payload;
};
struct WebSocketReceivedPong {};
struct WebSocketReceivedClose {
  std::uint16_t code;  // close_code::none when the frame gave none
  std::string_view reason;
};
// The client broke the protocol; the connection must be closed with `code`. Nothing may be decoded afterwards.
struct WebSocketFault {
  std::uint16_t code;
};
using WebSocketEvent = std::variant<WebSocketNeedsMore, WebSocketReceivedMessage, WebSocketReceivedPing,
                                    WebSocketReceivedPong, WebSocketReceivedClose, WebSocketFault>;

// Decodes a client's frames: masked ones only, reassembles fragments, lets control frames through between them. Faults:
//   1002  unmasked, reserved bits or opcodes, a control frame that is fragmented or longer than 125 bytes, a
//   continuation of
//         nothing, a new message inside another, a length not in its shortest form, a bad close code
//   1007  text or a close reason that is not UTF-8, found with the first impossible byte
//   1009  a message larger than the limit, found with the header of the frame that exceeds it
class WebSocketDecoder {
 public:
  explicit WebSocketDecoder(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Takes the next event out of the front of `input`, unmasking in place, and says how many bytes were used up. A whole
  // unfragmented message is given as a view into the input; a message that comes in pieces is collected here. At most
  // 14 + 125 bytes are left unused when more is needed.
  [[nodiscard]] WebSocketEvent next(std::span<char> input, std::size_t& consumed);

 private:
  struct FrameHead {
    bool final = false;
    WebSocketOpcode opcode = WebSocketOpcode::continuation;
    std::uint64_t payload_size = 0;
    std::array<std::uint8_t, 4> mask{};
    std::size_t size = 0;  // of the header itself
  };
  enum class HeadResult { incomplete, complete, invalid };

  static HeadResult read_head(std::span<const char> input, FrameHead& head);
  std::uint16_t check_head(const FrameHead& head) const;
  WebSocketEvent control_event(const FrameHead& head, std::string_view payload) const;
  WebSocketEvent begin_data(std::span<char> input, std::size_t& consumed, const FrameHead& head);
  WebSocketEvent continue_data(std::span<char> input, std::size_t& consumed);
  WebSocketEvent end_of_frame();
  void forget_delivered();

  std::size_t message_bytes_max_;
  std::string message_;  // of the fragments and partial frames so far
  bool delivered_ = false;
  bool in_message_ = false;
  bool binary_ = false;
  // The data frame whose payload is arriving.
  bool in_frame_ = false;
  bool frame_final_ = false;
  std::uint64_t frame_left_ = 0;
  std::size_t mask_offset_ = 0;
  std::array<std::uint8_t, 4> mask_{};
  Utf8Validator utf8_;
};

}  // namespace taskgate::net
