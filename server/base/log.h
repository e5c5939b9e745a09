#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace taskgate::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

// How and how much is logged; call once at start, before other threads exist. Lines go to standard error, one per
// event; control characters in values are escaped, so nothing a client sends can forge a line.
void configure(Level level, Format format);
[[nodiscard]] bool enabled(Level level);

// One named value of a line. Values that are secrets must not be passed.
struct Field {
  std::string_view name;
  std::string value;
  Field(std::string_view field_name, std::string text) : name(field_name), value(std::move(text)) {}
  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
  template <class T>
  requires std::is_arithmetic_v<T> Field(std::string_view field_name, T number)
      : name(field_name), value(fmt::to_string(number)) {}
};

// `event` is a sentence or short phrase that stays the same for the same event; what varies goes into fields:
//   log::info("request", {{"method", "GET"}, {"status", 200}});
void debug(std::string_view event, std::initializer_list<Field> fields = {});
void info(std::string_view event, std::initializer_list<Field> fields = {});
void warning(std::string_view event, std::initializer_list<Field> fields = {});
void error(std::string_view event, std::initializer_list<Field> fields = {});

// The line that the functions above write, without its end.
[[nodiscard]] std::string format_line(Format format, Level level, Time now, std::string_view event,
                                      std::initializer_list<Field> fields);

}  // namespace taskgate::log
