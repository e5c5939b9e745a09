#include "jobs/job_type.h"

#include "base/printable.h"

namespace taskgate::jobs {
namespace {

constexpr std::size_t code_points_max = 128;

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

// The first code point of non-empty well-formed UTF-8.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const auto tail = [&](std::size_t index) { return static_cast<char32_t>(byte(index) & 0x3FU); };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xE0) return {(byte(0) & 0x1FU) << 6 | tail(1), 2};
  if (byte(0) < 0xF0) return {(byte(0) & 0x0FU) << 12 | tail(1) << 6 | tail(2), 3};
  return {(byte(0) & 0x07U) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4};
}

// Unicode's White_Space, the control characters and line separators among them included.
bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// Joiners (U+200C, U+200D) are left alone: scripts and emoji need them.
bool is_printable(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool bidirectional =
      c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  const bool invisible = c == 0x200B || c == 0x2060 || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
  const bool not_a_character = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
  return !control && !separator && !bidirectional && !invisible && !not_a_character;
}

// Without white space at both ends.
std::string_view trimmed(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const CodePoint next = first_of(text.substr(begin));
    if (!is_white_space(next.value)) break;
    begin += next.bytes;
  }
  std::size_t end = begin;
  for (std::size_t at = begin; at < text.size();) {
    const CodePoint next = first_of(text.substr(at));
    at += next.bytes;
    if (!is_white_space(next.value)) end = at;
  }
  return text.substr(begin, end - begin);
}

Error missing() {
  Error error = validation_failed("type", "Job type is required");
  error.message = "Job type is required";
  return error;
}

}  // namespace

Result<std::string> normalize_job_type(std::string_view text) {
  if (!is_utf8(text)) return validation_failed("type", "Job type must be valid UTF-8");
  const std::string_view type = trimmed(text);
  if (type.empty()) return missing();
  const auto count = printable_length(type);
  if (!count) return validation_failed("type", "Job type must not contain control characters");
  if (*count > code_points_max) return validation_failed("type", "Job type must have at most 128 characters");
  return std::string{type};
}

std::optional<std::size_t> printable_length(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const CodePoint next = first_of(text.substr(at));
    if (!is_printable(next.value)) return std::nullopt;
    at += next.bytes;
  }
  return count;
}

}  // namespace taskgate::jobs
