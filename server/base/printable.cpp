#include "base/printable.h"

#include <fmt/format.h>
#include <utf8proc.h>

namespace taskgate {

namespace {

// The code point at the start of `text` and its length; nothing when the bytes are not UTF-8.
struct Decoded {
  utf8proc_int32_t code_point = -1;
  std::size_t length = 0;
};

Decoded decode(std::string_view text) {
  Decoded decoded;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &decoded.code_point);
  if (length > 0) decoded.length = static_cast<std::size_t>(length);
  return decoded;
}

bool disturbs(utf8proc_int32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x061C ||
         (code_point >= 0x200E && code_point <= 0x200F) || (code_point >= 0x2028 && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xFEFF;
}

}  // namespace

std::string to_printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    if (decoded.length == 0) {
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    switch (decoded.code_point) {
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\\':
        result += "\\\\";
        break;
      default:
        if (disturbs(decoded.code_point)) {
          fmt::format_to(std::back_inserter(result), "\\u{{{:x}}}", decoded.code_point);
        } else {
          result.append(text, 0, decoded.length);
        }
    }
    text.remove_prefix(decoded.length);
  }
  return result;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    if (decoded.length == 0) return false;
    text.remove_prefix(decoded.length);
  }
  return true;
}

}  // namespace taskgate
