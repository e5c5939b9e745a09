#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/value_stack.hpp>

namespace taskgate {

namespace {

namespace json = boost::json;
using json::error_code;

enum class Refusal { none, duplicate_key, nul_character };

// Builds the tree as Boost.JSON's own handler does, and refuses what that one lets pass: duplicate keys and NUL
// characters.
struct StrictHandler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  json::value_stack values;
  std::vector<std::string> keys;           // of all open objects
  std::vector<std::size_t> object_starts;  // where in `keys` each open object begins
  std::string partial_key;
  Refusal refusal = Refusal::none;

  bool refuse(Refusal why, error_code& error) {
    refusal = why;
    error = json::error::syntax;
    return false;
  }
  bool check(json::string_view part, error_code& error) {
    return part.find('\0') == json::string_view::npos || refuse(Refusal::nul_character, error);
  }

  bool on_document_begin(error_code&) {
    values.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    object_starts.push_back(keys.size());
    return true;
  }
  bool on_object_end(std::size_t members, error_code& error) {
    const auto first = keys.begin() + static_cast<std::ptrdiff_t>(object_starts.back());
    std::sort(first, keys.end());
    if (std::adjacent_find(first, keys.end()) != keys.end()) return refuse(Refusal::duplicate_key, error);
    keys.erase(first, keys.end());
    object_starts.pop_back();
    values.push_object(members);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t elements, error_code&) {
    values.push_array(elements);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code& error) {
    if (!check(part, error)) return false;
    partial_key.append(part.data(), part.size());
    values.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& error) {
    if (!check(part, error)) return false;
    partial_key.append(part.data(), part.size());
    keys.push_back(std::move(partial_key));
    partial_key.clear();
    values.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code& error) {
    if (!check(part, error)) return false;
    values.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, error_code& error) {
    if (!check(part, error)) return false;
    values.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, error_code&) {
    values.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, error_code&) {
    values.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view, error_code&) {
    values.push_double(value);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    values.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    values.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

std::string describe(Refusal refusal, const error_code& error) {
  if (refusal == Refusal::duplicate_key) return "duplicate key";
  if (refusal == Refusal::nul_character) return "NUL character";
  if (error == json::error::too_deep) return "nested too deeply";
  if (error == json::error::incomplete) return "unexpected end";
  if (error == json::error::extra_data) return "extra characters after the value";
  return error.message();
}

}  // namespace

Result<json::value> parse_json(std::string_view text, JsonLimits limits) {
  json::parse_options options;
  options.max_depth = limits.depth_max;
  json::basic_parser<StrictHandler> parser(options);
  error_code error;
  std::size_t offset = parser.write_some(false, text.data(), text.size(), error);
  if (!error && offset < text.size()) error = json::error::extra_data;
  if (error) {
    return Error{ErrorCode::bad_request,
                 "malformed_json",
                 fmt::format("Malformed JSON: {} at byte {}", describe(parser.handler().refusal, error), offset),
                 {},
                 std::nullopt};
  }
  return parser.handler().values.release();
}

}  // namespace taskgate
