#include "handlers/command_output.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "handlers/text.h"

namespace taskgate::handlers {
namespace {

constexpr std::size_t log_line_bytes_max = 4 * 1024;
constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// What follows a word and a blank at the line's beginning.
std::optional<std::string_view> after_word(std::string_view line, std::string_view word) {
  if (!line.starts_with(word) || line.size() <= word.size()) return std::nullopt;
  if (blanks.find(line[word.size()]) == std::string_view::npos) return std::nullopt;
  return trimmed(line.substr(word.size()));
}

}  // namespace

void CommandOutput::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto line_end = bytes.find('\n');
    const auto piece = bytes.substr(0, line_end);
    const auto room = line_bytes_max - line_.size();
    line_cut_ = line_cut_ || piece.size() > room;
    line_ += piece.substr(0, room);
    if (line_end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(line_end + 1);
  }
}

void CommandOutput::end() {
  if (!line_.empty()) end_line();
  if (result_ || !complaint_.empty()) return;
  if (last_line_) {
    result_ = as_result(*last_line_);
  } else {
    complaint_ = "The result has more than 256 KiB";
  }
}

void CommandOutput::end_line() {
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!trimmed(line).empty() && !take_progress(line)) {
    if (const auto json = after_word(line, "result")) {
      take_result(*json);
    } else {
      take_log(line);
    }
  }
  line_.clear();
  line_cut_ = false;
}

bool CommandOutput::take_progress(std::string_view line) {
  const auto rest = after_word(line, "progress");
  if (!rest) return false;
  double percent = 0;
  const auto [end, error] = std::from_chars(rest->data(), rest->data() + rest->size(), percent);
  if (error != std::errc{} || !std::isfinite(percent)) return false;
  const auto message = rest->substr(static_cast<std::size_t>(end - rest->data()));
  if (!message.empty() && blanks.find(message[0]) == std::string_view::npos) return false;
  listener_.progress(percent, clean_text(trimmed(message).substr(0, log_line_bytes_max)));
  return true;
}

void CommandOutput::take_result(std::string_view json) {
  result_.reset();
  complaint_.clear();
  if (line_cut_ || json.size() > result_bytes_max) {
    complaint_ = "The result has more than 256 KiB";
  } else if (const auto parsed = parse_json(json); !parsed) {
    complaint_ = "The result is not valid JSON: " + parsed.error().message;
  } else {
    result_ = std::string(json);
  }
}

void CommandOutput::take_log(std::string_view line) {
  last_line_ = line_cut_ ? std::nullopt : std::optional<std::string>(line);
  if (lines_logged_ > log_lines_max) return;
  ++lines_logged_;
  if (lines_logged_ > log_lines_max) return listener_.log("further lines are not shown");
  listener_.log(clean_text(line.substr(0, log_line_bytes_max)));
}

void Tail::take(std::string_view bytes) {
  if (bytes.size() > bytes_max_) bytes.remove_prefix(bytes.size() - bytes_max_);
  bytes_ += bytes;
  if (bytes_.size() > bytes_max_) bytes_.erase(0, bytes_.size() - bytes_max_);
}

}  // namespace taskgate::handlers
