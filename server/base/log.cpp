#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/json.h"
#include "base/printable.h"

namespace taskgate::log {

namespace {

std::atomic<Level> threshold{Level::info};
std::atomic<Format> output_format{Format::text};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

// One line at a time, whatever the thread. Never destroyed: threads may still log while the program ends.
spdlog::logger& logger() {
  static spdlog::logger* const instance = [] {
    auto* created = new spdlog::logger("taskgate", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%v");
    created->set_level(spdlog::level::trace);
    created->flush_on(spdlog::level::trace);
    return created;
  }();
  return *instance;
}

std::string quoted_if_needed(const std::string& value) {
  std::string text = to_printable(value);
  if (!text.empty() && text.find_first_of(" \"=") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"') quoted.push_back('\\');
    quoted.push_back(character);
  }
  return quoted + "\"";
}

}  // namespace

std::string format_line(Format format, Level level, Time now, std::string_view event,
                        std::initializer_list<Field> fields) {
  if (format == Format::json) {
    JsonWriter writer;
    writer.begin_object().member("time", to_iso8601(now)).member("level", name_of(level));
    writer.member("event", to_printable(event));
    for (const Field& field : fields) writer.member(field.name, to_printable(field.value));
    return writer.end_object().take();
  }
  std::string line = fmt::format("{} {:<7} {}", to_iso8601(now), name_of(level), to_printable(event));
  for (const Field& field : fields)
    fmt::format_to(std::back_inserter(line), " {}={}", field.name, quoted_if_needed(field.value));
  return line;
}

namespace {

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const std::string line =
      format_line(output_format.load(std::memory_order_relaxed), level, SystemClock().now(), event, fields);
  logger().log(spdlog::level::info, spdlog::string_view_t(line));
}

}  // namespace

void configure(Level level, Format format) {
  threshold.store(level, std::memory_order_relaxed);
  output_format.store(format, std::memory_order_relaxed);
}

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void debug(std::string_view event, std::initializer_list<Field> fields) { write(Level::debug, event, fields); }
void info(std::string_view event, std::initializer_list<Field> fields) { write(Level::info, event, fields); }
void warning(std::string_view event, std::initializer_list<Field> fields) { write(Level::warning, event, fields); }
void error(std::string_view event, std::initializer_list<Field> fields) { write(Level::error, event, fields); }

}  // namespace taskgate::log
