#include "api/job_query.h"

#include <fmt/format.h>

#include <charconv>

#include "api/job_filter_text.h"
#include "jobs/system_job.h"

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

Result<JobQuery> parse_job_query(const net::Request& request, JobQuery::Of of) {
  JobQuery query;
  std::vector<FieldError> errors;
  JobFilterText filter(errors);
  if (const auto status = given(request, "status")) filter.statuses(*status);
  if (const auto type = given(request, "type")) filter.type(*type);
  if (const auto tag = given(request, "tag")) filter.tag(*tag);
  if (const auto queue = given(request, "queue")) filter.queue(*queue);
  if (const auto text = given(request, "text")) filter.text(*text);
  if (const auto time = given(request, "createdAfter")) filter.created_after(*time);
  if (const auto time = given(request, "createdBefore")) filter.created_before(*time);
  query.filter = filter.take();
  if (const auto user = given(request, "userId"); user && of == JobQuery::Of::everybody) {
    query.user = *user == "system" ? jobs::system_owner : parse_user_id(*user);
    if (!query.user) errors.push_back({"userId", "userId must have 24 hex digits, or be \"system\""});
  }
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
