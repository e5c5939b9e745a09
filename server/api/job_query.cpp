#include "api/job_query.h"

#include <fmt/format.h>

#include <charconv>

namespace taskgate::api {

namespace {

std::optional<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit < 1 || limit > 1000) return std::nullopt;
  return limit;
}

// An empty parameter counts as absent: forms send them.
std::optional<std::string_view> given(const net::Request& request, std::string_view name) {
  const auto value = request.query_value(name);
  return value && !value->empty() ? value : std::nullopt;
}

}  // namespace

Result<std::int64_t> parse_whole_number(const net::Request& request, std::string_view name, WholeNumber rule) {
  const auto text = given(request, name);
  if (!text) return rule.otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc{} && end == text->data() + text->size() && value >= rule.least && value <= rule.most) {
    return value;
  }
  return validation_failed(std::string(name),
                           fmt::format("{} must be a whole number from {} to {}", name, rule.least, rule.most));
}

Result<JobQuery> parse_job_query(const net::Request& request) {
  JobQuery query;
  std::vector<FieldError> errors;
  if (const auto status = given(request, "status")) {
    query.filter.status = jobs::parse_job_status(*status);
    if (!query.filter.status)
      errors.push_back({"status", "status must be pending, processing, completed, failed or cancelled"});
  }
  if (const auto type = given(request, "type")) query.filter.type = std::string(*type);
  if (const auto text = given(request, "text")) query.filter.text = std::string(*text);
  if (const auto limit = given(request, "limit")) {
    const auto parsed = parse_limit(*limit);
    if (!parsed) errors.push_back({"limit", "limit must be a whole number from 1 to 1000"});
    query.limit = parsed.value_or(query.limit);
  }
  if (const auto cursor = given(request, "cursor")) {
    query.before = parse_job_id(*cursor);
    if (!query.before) errors.push_back({"cursor", "cursor must be a nextCursor of an earlier page"});
  }
  if (!errors.empty()) return validation_failed(std::move(errors));
  return query;
}

}  // namespace taskgate::api
