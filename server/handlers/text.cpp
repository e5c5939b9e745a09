#include "handlers/text.h"

#include "base/json.h"
#include "base/printable.h"

namespace taskgate::handlers {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Bytes of the well-formed UTF-8 sequence that `text` begins with; 0 when it begins with none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

bool is_unwanted(std::string_view sequence) {
  const auto byte = static_cast<unsigned char>(sequence[0]);
  const bool is_c1 = sequence.size() == 2 && byte == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
  return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F || is_c1;
}

}  // namespace

std::string clean_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) {
      text += replacement;
      bytes.remove_prefix(1);
      continue;
    }
    if (!is_unwanted(bytes.substr(0, length))) text += bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  text.resize(text.find_last_not_of(" \t\n") + 1);
  return text;
}

std::string as_result(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "null";
  if (parse_json(text)) return std::string(text);
  JsonWriter writer;
  writer.string(clean_text(text));
  return writer.take();
}

}  // namespace taskgate::handlers
