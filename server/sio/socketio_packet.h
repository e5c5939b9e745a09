#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sio/engineio_packet.h"

namespace taskgate::sio {

// What is sent with an event or an acknowledgement: zero or more JSON texts separated by commas, exactly as they would
// stand inside an array (`{"id":1}` or `1,"two"`). Binary data stands in the JSON as `{"_placeholder":true,"num":N}`, N
// being the index in `attachments`. The caller vouches that the JSON is valid: it is sent as it is.
struct Arguments {
  std::string json;
  std::vector<Buffer> attachments;

  Arguments() = default;
  Arguments(const char* text) : json(text) {}             // NOLINT(google-explicit-constructor)
  Arguments(std::string text) : json(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  Arguments(std::string_view text) : json(text) {}        // NOLINT(google-explicit-constructor)
  Arguments(std::string text, std::vector<Buffer> buffers) : json(std::move(text)), attachments(std::move(buffers)) {}
};

// What was received with an event or an acknowledgement: validated JSON, kept as text and parsed only when asked.
// Copyable, and views stay valid as long as any copy lives.
class ReceivedArguments {
 public:
  ReceivedArguments() = default;
  // `array_text` must be a JSON array; elements before `first` are skipped (an event's name). Used by the decoder.
  ReceivedArguments(std::string array_text, std::vector<std::pair<std::uint32_t, std::uint32_t>> elements,
                    std::size_t first);

  [[nodiscard]] std::size_t size() const { return elements_.size() - first_; }
  // The exact JSON text of one argument; empty when there is none at that place.
  [[nodiscard]] std::string_view text(std::size_t index) const;
  // All arguments, separated by commas as received: what `Arguments` takes, so that they can be sent on as they are.
  [[nodiscard]] std::string_view joined() const;
  // One argument as a value. Errors: bad_request, reason `malformed_json`, when it is absent or is something that
  // strict parsing refuses (duplicate keys, NUL characters, lone surrogates, too deep).
  [[nodiscard]] Result<boost::json::value> parse(std::size_t index) const;

  [[nodiscard]] const std::vector<Buffer>& attachments() const { return attachments_; }
  void attach(Buffer bytes) { attachments_.push_back(std::move(bytes)); }
  // The same arguments as something to send.
  [[nodiscard]] Arguments forward() const { return {std::string(joined()), attachments_}; }

 private:
  Buffer array_ = std::make_shared<const std::string>("[]");
  std::vector<std::pair<std::uint32_t, std::uint32_t>> elements_;  // offset and length of each element of the array
  std::size_t first_ = 0;
  std::vector<Buffer> attachments_;
};

// Packet types of the Socket.IO protocol, revision 5 (github.com/socketio/socket.io-protocol), without the two binary
// variants: those differ on the wire only.
enum class PacketType : std::uint8_t { connect = 0, disconnect, event, ack, connect_error };

// One complete packet, its attachments included.
struct Packet {
  PacketType type = PacketType::connect;
  std::string nsp = "/";
  std::optional<std::uint64_t> id;  // asks for, or is, an acknowledgement; at most 2^53 - 1
  std::string event;                // the name, unescaped; of a numeric name its digits
  ReceivedArguments arguments;      // of events and acknowledgements
  std::string payload;              // of connect: the JSON object of the client's `auth`, empty when none
};

struct DecoderLimits {
  std::size_t attachments_max = 256;              // per packet
  std::size_t attachment_bytes_max = 10'000'000;  // of all attachments of one packet together
  std::size_t depth_max = 128;                    // nesting of JSON
};

// Puts packets together from the messages of one connection. Strict: whatever the protocol does not allow is an error,
// after which the connection must be closed.
class Decoder {
 public:
  enum class Outcome : std::uint8_t {
    incomplete,  // attachments are still due
    packet,      // take() has it
    malformed,   // error() says why
  };

  explicit Decoder(DecoderLimits limits = {}) : limits_(limits) {}

  [[nodiscard]] Outcome add_text(std::string_view text);
  [[nodiscard]] Outcome add_binary(std::string_view bytes);
  [[nodiscard]] Packet take();
  [[nodiscard]] std::string_view error() const { return error_; }
  [[nodiscard]] bool over_limit() const { return over_limit_; }  // malformed only for DecoderLimits of attachments

 private:
  Outcome fail(std::string_view why);

  DecoderLimits limits_;
  std::optional<Packet> packet_;
  std::size_t due_ = 0;        // attachments still to come
  std::size_t due_bytes_ = 0;  // their budget
  std::string_view error_;
  bool over_limit_ = false;
};

// The names that events must not have: they mean something to clients or servers.
[[nodiscard]] bool is_reserved_event(std::string_view name);

// Packets as the Engine.IO frames to send, in order: one text frame, then one binary frame per attachment. Namespace
// "/" is implied.
// `compress`: may be compressed where the transport compresses.
[[nodiscard]] std::vector<EngineFrame> encode_event(std::string_view nsp, std::optional<std::uint64_t> id,
                                                    std::string_view event, const Arguments& arguments,
                                                    bool compress = true);
[[nodiscard]] std::vector<EngineFrame> encode_ack(std::string_view nsp, std::uint64_t id, const Arguments& arguments);
[[nodiscard]] EngineFrame encode_connect(std::string_view nsp, std::string_view socket_id);
[[nodiscard]] EngineFrame encode_disconnect(std::string_view nsp);
// `data` is a JSON text, or empty for none.
[[nodiscard]] EngineFrame encode_connect_error(std::string_view nsp, std::string_view message, std::string_view data);

}  // namespace taskgate::sio
