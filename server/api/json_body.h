#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace taskgate::api {

// The body of a request, which must outlive this, as a JSON object, read field by field. A field of the wrong type is
// remembered; when all fields are read, `failure` gives one error that names every one of them. Fields nobody asks for
// are ignored.
class JsonBody {
 public:
  // An empty body counts as `{}`. Errors: bad_request `malformed_json`, or `validation_failed` when it is not an
  // object; unsupported_media_type for another content type than application/json.
  [[nodiscard]] static Result<JsonBody> read(const net::Request& request);

  // Absent and null are "not given": empty.
  [[nodiscard]] std::optional<std::string> string(std::string_view name);
  [[nodiscard]] std::optional<double> number(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name);
  // As `string`, and remembered as an error with `message` when not given or empty.
  [[nodiscard]] std::string required_string(std::string_view name, std::string_view message);
  // The exact text of any value; null is a value.
  [[nodiscard]] std::optional<std::string_view> raw(std::string_view name) const;
  // Nothing when it is not given or no list.
  [[nodiscard]] const boost::json::array* array(std::string_view name) const;
  [[nodiscard]] const boost::json::object& fields() const { return fields_; }
  [[nodiscard]] std::string_view text() const { return text_; }

  // Set when a field was wrong so far.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  JsonBody(boost::json::object fields, std::string_view text) : fields_(std::move(fields)), text_(text) {}
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;

  boost::json::object fields_;
  std::string_view text_;
  std::vector<FieldError> errors_;
};

}  // namespace taskgate::api
