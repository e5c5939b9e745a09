#include <charconv>

#include "sio/json_scan.h"
#include "sio/socketio_packet.h"

namespace taskgate::sio {
namespace {

constexpr std::uint64_t id_max = (1ULL << 53U) - 1;  // what JavaScript counts exactly

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the start of `rest`. Nothing when there are none or the number is too large.
std::optional<std::uint64_t> take_number(std::string_view& rest) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || value > id_max) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

// `<type>[<attachments>-][<nsp>,][<id>]`, which leaves the JSON.
struct Head {
  char type = '0';
  std::optional<std::uint64_t> attachments;
  std::string_view nsp = "/";
  std::optional<std::uint64_t> id;
  std::string_view json;
};

// Gives what is wrong, or an empty text.
std::string_view read_head(std::string_view text, Head& head) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return "unknown packet type";
  head.type = text.front();
  text.remove_prefix(1);
  if (head.type == '5' || head.type == '6') {
    head.attachments = take_number(text);
    if (!head.attachments || text.empty() || text.front() != '-') return "illegal attachments";
    text.remove_prefix(1);
  }
  if (!text.empty() && text.front() == '/') {
    const std::size_t end = text.find(',');
    head.nsp = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (!text.empty() && is_digit(text.front())) {
    head.id = take_number(text);
    if (!head.id) return "illegal acknowledgement id";
  }
  head.json = text;
  return {};
}

PacketType type_of(char digit) {
  if (digit == '5') return PacketType::event;
  if (digit == '6') return PacketType::ack;
  return static_cast<PacketType>(digit - '0');
}

// Whether the first element may name an event; the name goes to `name`.
bool read_event_name(std::string_view json, const ScannedJson& scanned, std::string& name) {
  if (scanned.elements.empty()) return false;
  const auto [offset, length] = scanned.elements.front();
  const std::string_view first = json.substr(offset, length);
  if (first.front() == '"') {
    name = unescape_json_string(first);
    return !is_reserved_event(name);
  }
  name = first;
  return first.front() == '-' || is_digit(first.front());
}

// Fills in what follows the head. False for a payload that this type must not have.
bool read_payload(const Head& head, std::size_t depth_max, Packet& packet) {
  if (packet.type == PacketType::disconnect) return head.json.empty();
  if (packet.type == PacketType::connect && head.json.empty()) return true;
  const JsonScanLimits limits{depth_max, head.attachments};
  std::optional<ScannedJson> scanned = scan_json(head.json, limits);
  if (!scanned) return false;
  switch (packet.type) {
    case PacketType::connect:
      packet.payload = head.json;
      return scanned->kind == JsonKind::object;
    case PacketType::connect_error:
      return scanned->kind == JsonKind::object || scanned->kind == JsonKind::string;
    case PacketType::event:
      if (scanned->kind != JsonKind::array || !read_event_name(head.json, *scanned, packet.event)) return false;
      packet.arguments = ReceivedArguments(std::string(head.json), std::move(scanned->elements), 1);
      return true;
    case PacketType::ack:
      if (scanned->kind != JsonKind::array) return false;
      packet.arguments = ReceivedArguments(std::string(head.json), std::move(scanned->elements), 0);
      return true;
    case PacketType::disconnect:
      break;
  }
  return false;
}

}  // namespace

Decoder::Outcome Decoder::fail(std::string_view why) {
  error_ = why;
  packet_.reset();
  due_ = 0;
  return Outcome::malformed;
}

Decoder::Outcome Decoder::add_text(std::string_view text) {
  if (due_ > 0) return fail("text while attachments are due");
  Head head;
  if (const std::string_view wrong = read_head(text, head); !wrong.empty()) return fail(wrong);
  over_limit_ = head.attachments && *head.attachments > limits_.attachments_max;
  if (over_limit_) return fail("too many attachments");
  Packet packet;
  packet.type = type_of(head.type);
  packet.nsp = head.nsp;
  packet.id = head.id;
  if (packet.type == PacketType::ack && !packet.id) return fail("acknowledgement without id");
  if (!read_payload(head, limits_.depth_max, packet)) return fail("invalid payload");
  packet_ = std::move(packet);
  due_ = head.attachments ? static_cast<std::size_t>(*head.attachments) : 0;
  due_bytes_ = limits_.attachment_bytes_max;
  return due_ == 0 ? Outcome::packet : Outcome::incomplete;
}

Decoder::Outcome Decoder::add_binary(std::string_view bytes) {
  if (due_ == 0) return fail("binary data while none is due");
  over_limit_ = bytes.size() > due_bytes_;
  if (over_limit_) return fail("attachments too large");
  due_bytes_ -= bytes.size();
  packet_->arguments.attach(std::make_shared<const std::string>(bytes));
  --due_;
  return due_ == 0 ? Outcome::packet : Outcome::incomplete;
}

Packet Decoder::take() {
  Packet packet = std::move(*packet_);
  packet_.reset();
  return packet;
}

}  // namespace taskgate::sio
