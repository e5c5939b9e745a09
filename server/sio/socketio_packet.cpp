#include "sio/socketio_packet.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace taskgate::sio {
namespace {

void append_head(std::string& text, char type, std::size_t attachments, std::string_view nsp,
                 std::optional<std::uint64_t> id) {
  text += '4';  // Engine.IO: message
  text += type;
  if (attachments > 0) {
    text += std::to_string(attachments);
    text += '-';
  }
  if (nsp != "/") {
    text += nsp;
    text += ',';
  }
  if (id) text += std::to_string(*id);
}

std::string json_string(std::string_view text) {
  JsonWriter writer;
  writer.string(text);
  return writer.take();
}

EngineFrame text_frame(std::string text) { return {std::make_shared<const std::string>(std::move(text)), false}; }

std::vector<EngineFrame> with_attachments(std::string text, const Arguments& arguments) {
  std::vector<EngineFrame> frames;
  frames.reserve(1 + arguments.attachments.size());
  frames.push_back(text_frame(std::move(text)));
  for (const Buffer& bytes : arguments.attachments) frames.push_back(binary_frame(bytes));
  return frames;
}

}  // namespace

ReceivedArguments::ReceivedArguments(std::string array_text,
                                     std::vector<std::pair<std::uint32_t, std::uint32_t>> elements, std::size_t first)
    : array_(std::make_shared<const std::string>(std::move(array_text))),
      elements_(std::move(elements)),
      first_(first) {}

std::string_view ReceivedArguments::text(std::size_t index) const {
  if (index >= size()) return {};
  const auto [offset, length] = elements_[first_ + index];
  return std::string_view(*array_).substr(offset, length);
}

std::string_view ReceivedArguments::joined() const {
  if (size() == 0) return {};
  const std::size_t begin = elements_[first_].first;
  const std::size_t end = elements_.back().first + elements_.back().second;
  return std::string_view(*array_).substr(begin, end - begin);
}

Result<boost::json::value> ReceivedArguments::parse(std::size_t index) const { return parse_json(text(index)); }

bool is_reserved_event(std::string_view name) {
  static constexpr std::array<std::string_view, 6> reserved{"connect",       "connect_error", "disconnect",
                                                            "disconnecting", "newListener",   "removeListener"};
  return std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

std::vector<EngineFrame> encode_event(std::string_view nsp, std::optional<std::uint64_t> id, std::string_view event,
                                      const Arguments& arguments, bool compress) {
  std::string text;
  text.reserve(32 + nsp.size() + event.size() + arguments.json.size());
  append_head(text, arguments.attachments.empty() ? '2' : '5', arguments.attachments.size(), nsp, id);
  text += '[';
  text += json_string(event);
  if (!arguments.json.empty()) {
    text += ',';
    text += arguments.json;
  }
  text += ']';
  auto frames = with_attachments(std::move(text), arguments);
  for (EngineFrame& frame : frames) frame.compress = compress;
  return frames;
}

std::vector<EngineFrame> encode_ack(std::string_view nsp, std::uint64_t id, const Arguments& arguments) {
  std::string text;
  text.reserve(32 + nsp.size() + arguments.json.size());
  append_head(text, arguments.attachments.empty() ? '3' : '6', arguments.attachments.size(), nsp, id);
  text += '[';
  text += arguments.json;
  text += ']';
  return with_attachments(std::move(text), arguments);
}

EngineFrame encode_connect(std::string_view nsp, std::string_view socket_id) {
  std::string text;
  append_head(text, '0', 0, nsp, std::nullopt);
  text += R"({"sid":)";
  text += json_string(socket_id);
  text += '}';
  return text_frame(std::move(text));
}

EngineFrame encode_disconnect(std::string_view nsp) {
  std::string text;
  append_head(text, '1', 0, nsp, std::nullopt);
  return text_frame(std::move(text));
}

EngineFrame encode_connect_error(std::string_view nsp, std::string_view message, std::string_view data) {
  std::string text;
  append_head(text, '4', 0, nsp, std::nullopt);
  text += R"({"message":)";
  text += json_string(message);
  if (!data.empty()) {
    text += R"(,"data":)";
    text += data;
  }
  text += '}';
  return text_frame(std::move(text));
}

}  // namespace taskgate::sio
