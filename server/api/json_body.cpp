#include "api/json_body.h"

#include <fmt/format.h>

#include "base/json.h"

namespace taskgate::api {

namespace {

bool is_json(std::string_view content_type) {
  auto type = std::string(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type == "application/json";
}

}  // namespace

Result<JsonBody> JsonBody::read(const net::Request& request) {
  if (request.body.empty()) return JsonBody({}, "{}");
  if (!is_json(request.headers.get("Content-Type"))) {
    return Error{
        ErrorCode::unsupported_media_type, "unsupported_media_type", "Send the body as application/json", {}, {}};
  }
  auto value = parse_json(request.body);
  if (!value) return value.error();
  auto* fields = value->if_object();
  if (fields == nullptr) {
    return Error{ErrorCode::bad_request, "validation_failed", "The body must be a JSON object", {}, {}};
  }
  return JsonBody(std::move(*fields), request.body);
}

const boost::json::value* JsonBody::find(std::string_view name) const {
  const auto* value = fields_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> JsonBody::string(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->if_string();
  if (text == nullptr) {
    errors_.push_back({std::string(name), fmt::format("{} must be a string", name)});
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<double> JsonBody::number(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    errors_.push_back({std::string(name), fmt::format("{} must be a number", name)});
    return std::nullopt;
  }
  return value->to_number<double>();
}

std::optional<std::int64_t> JsonBody::integer(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* whole = value->if_int64()) return *whole;
  errors_.push_back({std::string(name), fmt::format("{} must be a whole number", name)});
  return std::nullopt;
}

std::string JsonBody::required_string(std::string_view name, std::string_view message) {
  const auto errors_before = errors_.size();
  auto value = string(name);
  if (errors_.size() != errors_before) return {};
  if (!value || value->empty()) errors_.push_back({std::string(name), std::string(message)});
  return std::move(value).value_or("");
}

std::optional<std::string_view> JsonBody::raw(std::string_view name) const { return raw_member(text_, name); }

const boost::json::array* JsonBody::array(std::string_view name) const {
  const auto* value = fields_.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<Error> JsonBody::failure() const {
  return errors_.empty() ? std::nullopt : std::optional(validation_failed(errors_));
}

}  // namespace taskgate::api
