#include "app/env_file.h"

#include <fmt/format.h>

#include <cctype>
#include <optional>

namespace taskgate::app {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char letter) { return letter < 128 && (std::isalnum(letter) != 0 || letter == '_'); });
}

// What is wrong with the line, or nothing.
using Complaint = std::optional<std::string>;

Complaint read_quoted(std::string_view rest, std::string& value) {
  const char quote = rest.front();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const char letter = rest[i];
    if (letter == quote) {
      const auto after = trimmed(rest.substr(i + 1));
      if (!after.empty() && after.front() != '#') return "there is text after the closing quote";
      return std::nullopt;
    }
    if (quote == '"' && letter == '\\' && i + 1 < rest.size()) {
      const char escaped = rest[++i];
      value += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
      continue;
    }
    value += letter;
  }
  return "the quote is not closed";
}

Complaint read_line(std::string_view line, std::string& name, std::string& value) {
  if (line.starts_with("export ")) line = trimmed(line.substr(7));
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return "it is not of the form NAME=value";
  name = trimmed(line.substr(0, equals));
  if (!is_name(name)) return "the name before '=' may have only letters, digits and '_', and no digit first";
  const auto rest = trimmed(line.substr(equals + 1));
  if (rest.empty()) return std::nullopt;
  if (rest.front() == '"' || rest.front() == '\'') return read_quoted(rest, value);
  auto end = rest.front() == '#' ? 0 : std::min(rest.find(" #"), rest.find("\t#"));
  value = trimmed(rest.substr(0, end));
  return std::nullopt;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_env_file(std::string_view text) {
  std::map<std::string, std::string> values;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;

    std::string name;
    std::string value;
    auto complaint = std::any_of(line.begin(), line.end(), [](unsigned char c) { return c < 32 && c != '\t'; })
                         ? Complaint{"it has control characters, so this is no text file"}
                         : read_line(line, name, value);
    if (complaint) {
      return Error{ErrorCode::bad_request, "env_file", fmt::format("line {}: {}", number, *complaint), {}, {}};
    }
    values[std::move(name)] = std::move(value);
  }
  return values;
}

}  // namespace taskgate::app
