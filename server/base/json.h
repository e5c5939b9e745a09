#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace taskgate {

// Limits of one parse.
struct JsonLimits {
  std::size_t depth_max = 32;
};

// Parses one JSON text strictly: RFC 8259, and beyond it no duplicate keys, no NUL (written or escaped) in strings,
// valid UTF-8 with no lone surrogates, nothing after the value, nesting within the limit. Numbers are read as int64,
// uint64 or double; where exact digits matter use `raw_member`. Errors: bad_request, reason `malformed_json`, with a
// message that gives what is wrong and the offset in bytes.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text, JsonLimits limits = {});

// The exact text of one top-level member's value of an object that `parse_json` accepted ("data" of a submitted job,
// digits and all), without surrounding white space. Nothing when there is no such member. The view points into
// `object_text`.
[[nodiscard]] std::optional<std::string_view> raw_member(std::string_view object_text, std::string_view key);

// The exact texts of the elements of an array that `parse_json` accepted.
[[nodiscard]] std::vector<std::string_view> raw_elements(std::string_view array_text);

// Writes JSON by appending to one string: for answers, where building a tree first would be waste. Calls must follow
// the grammar; commas are its business. Times are written as ISO 8601, raw() takes text that is valid JSON already.
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(double value);  // finite; integral values without a fraction
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);

  // key and value in one call
  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).string(value); }
  JsonWriter& member(std::string_view name, const char* value) { return key(name).string(value); }
  JsonWriter& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  JsonWriter& member(std::string_view name, int value) { return key(name).integer(value); }
  JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }

  [[nodiscard]] std::string take() { return std::move(text_); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace taskgate
