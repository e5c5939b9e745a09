#include "sio/json_scan.h"

#include <charconv>

namespace taskgate::sio {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Scanner {
 public:
  Scanner(std::string_view text, JsonScanLimits limits) : text_(text), limits_(limits) {}

  std::optional<ScannedJson> scan() {
    skip_space();
    const bool is_array = peek() == '[';
    if (!value(0, is_array ? &result_.elements : nullptr)) return std::nullopt;
    skip_space();
    if (at_ != text_.size()) return std::nullopt;
    result_.kind = last_kind_;
    return std::move(result_);
  }

 private:
  using Elements = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool take(char expected) {
    if (at_ >= text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  bool literal(std::string_view word, JsonKind kind) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    last_kind_ = kind;
    return true;
  }

  bool value(std::size_t depth, Elements* elements) {
    switch (peek()) {
      case '{':
        return depth < limits_.depth_max && object(depth + 1);
      case '[':
        return depth < limits_.depth_max && array(depth + 1, elements);
      case '"':
        last_kind_ = JsonKind::string;
        return string();
      case 't':
        return literal("true", JsonKind::boolean);
      case 'f':
        return literal("false", JsonKind::boolean);
      case 'n':
        return literal("null", JsonKind::null);
      default:
        last_kind_ = JsonKind::number;
        return number();
    }
  }

  bool array(std::size_t depth, Elements* elements) {
    ++at_;
    skip_space();
    if (!take(']')) {
      do {
        skip_space();
        const std::size_t begin = at_;
        if (!value(depth, nullptr)) return false;
        if (elements != nullptr) {
          elements->emplace_back(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_ - begin));
        }
        skip_space();
      } while (take(','));
      if (!take(']')) return false;
    }
    last_kind_ = JsonKind::array;
    return true;
  }

  bool object(std::size_t depth) {
    bool placeholder = false;
    std::string_view number_text;
    ++at_;
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        const std::size_t key_begin = at_;
        if (peek() != '"' || !string()) return false;
        const std::string_view key = text_.substr(key_begin, at_ - key_begin);
        skip_space();
        if (!take(':')) return false;
        skip_space();
        const std::size_t begin = at_;
        if (!value(depth, nullptr)) return false;
        if (limits_.attachments) note_member(key, text_.substr(begin, at_ - begin), placeholder, number_text);
        skip_space();
      } while (take(','));
      if (!take('}')) return false;
    }
    last_kind_ = JsonKind::object;
    return !placeholder || names_attachment(number_text);
  }

  // JavaScript keeps the last of duplicate keys, so do we; and a key may be written with escapes.
  static void note_member(std::string_view key, std::string_view value_text, bool& placeholder,
                          std::string_view& number_text) {
    const bool escaped = key.find('\\') != std::string_view::npos;
    const std::string plain = escaped ? unescape_json_string(key) : std::string();
    const std::string_view name = escaped ? std::string_view(plain) : key.substr(1, key.size() - 2);
    if (name == "_placeholder") placeholder = value_text == "true";
    if (name == "num") number_text = value_text;
  }

  [[nodiscard]] bool names_attachment(std::string_view number_text) const {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(number_text.data(), number_text.data() + number_text.size(), index);
    return error == std::errc() && end == number_text.data() + number_text.size() && index < *limits_.attachments;
  }

  bool string() {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    const char c = peek();
    ++at_;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos && c != '\0';
    for (int digit = 0; digit < 4; ++digit) {
      if (!is_hex(peek())) return false;
      ++at_;
    }
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    (void)take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (!take('+')) (void)take('-');
      return digits();
    }
    return true;
  }

  std::string_view text_;
  JsonScanLimits limits_;
  std::size_t at_ = 0;
  JsonKind last_kind_ = JsonKind::null;
  ScannedJson result_;
};

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Reads the four digits after "\u", and a second escape that completes a surrogate pair. `at` is moved behind them.
std::uint32_t unicode_escape(std::string_view text, std::size_t& at) {
  constexpr std::uint32_t replacement = 0xFFFD;
  const std::uint32_t code = hex4(text.substr(at));
  at += 4;
  if (code < 0xD800 || code > 0xDFFF) return code;
  if (code > 0xDBFF || text.substr(at, 2) != "\\u") return replacement;
  const std::uint32_t low = hex4(text.substr(at + 2));
  if (low < 0xDC00 || low > 0xDFFF) return replacement;
  at += 6;
  return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

}  // namespace

std::optional<ScannedJson> scan_json(std::string_view text, JsonScanLimits limits) {
  return Scanner(text, limits).scan();
}

std::string unescape_json_string(std::string_view quoted) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c != '\\') {
      out += c;
      continue;
    }
    const char escaped = text[at++];
    constexpr std::string_view letters = "bfnrt";
    constexpr std::string_view meanings = "\b\f\n\r\t";
    if (escaped == 'u') {
      append_utf8(out, unicode_escape(text, at));
    } else if (const std::size_t index = letters.find(escaped); index != std::string_view::npos) {
      out += meanings[index];
    } else {
      out += escaped;
    }
  }
  return out;
}

}  // namespace taskgate::sio
