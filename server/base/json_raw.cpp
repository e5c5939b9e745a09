#include "base/json.h"

namespace taskgate {

namespace {

// Walks over JSON text that is known to be valid. Nothing here checks the grammar; it only never reads past the end.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (position_ < text_.size() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  // Moves past `character` and the space around it; false when something else is there.
  bool take(char character) {
    skip_space();
    if (position_ >= text_.size() || text_[position_] != character) return false;
    ++position_;
    skip_space();
    return true;
  }

  // The text of the value that starts here; moves past it.
  std::string_view take_value() {
    const std::size_t start = position_;
    std::size_t depth = 0;
    while (position_ < text_.size()) {
      const char character = text_[position_];
      if (character == '"') {
        skip_string();
      } else if (character == '{' || character == '[') {
        ++depth;
        ++position_;
        continue;
      } else if (character == '}' || character == ']') {
        --depth;
        ++position_;
      } else if (depth > 0) {
        ++position_;
        continue;
      } else {
        skip_scalar();
      }
      if (depth == 0) break;
    }
    return text_.substr(start, position_ - start);
  }

 private:
  void skip_string() {
    for (++position_; position_ < text_.size() && text_[position_] != '"'; ++position_) {
      if (text_[position_] == '\\') ++position_;
    }
    position_ = std::min(position_ + 1, text_.size());
  }

  void skip_scalar() {
    while (position_ < text_.size() &&
           std::string_view(",]} \t\r\n").find(text_[position_]) == std::string_view::npos) {
      ++position_;
    }
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

// `quoted` is a key as written, quotes included; it may spell characters as escapes.
bool is_key(std::string_view quoted, std::string_view key) {
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == key;
  const auto value = parse_json(quoted);
  return value && std::string_view(value->get_string()) == key;
}

}  // namespace

std::optional<std::string_view> raw_member(std::string_view object_text, std::string_view key) {
  Scanner scanner(object_text);
  if (!scanner.take('{')) return std::nullopt;
  while (!scanner.take('}')) {
    const std::string_view name = scanner.take_value();
    if (name.empty() || !scanner.take(':')) return std::nullopt;
    const std::string_view value = scanner.take_value();
    if (is_key(name, key)) return value;
    (void)scanner.take(',');
  }
  return std::nullopt;
}

std::vector<std::string_view> raw_elements(std::string_view array_text) {
  std::vector<std::string_view> elements;
  Scanner scanner(array_text);
  if (!scanner.take('[')) return elements;
  while (!scanner.take(']')) {
    const std::string_view value = scanner.take_value();
    if (value.empty()) break;
    elements.push_back(value);
    (void)scanner.take(',');
  }
  return elements;
}

}  // namespace taskgate
