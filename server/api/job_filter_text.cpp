#include "api/job_filter_text.h"

#include "base/clock.h"

namespace taskgate::api {

namespace {

constexpr std::size_t text_bytes_max = 256;

}  // namespace

void JobFilterText::statuses(std::string_view text) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    add_status(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
}

void JobFilterText::add_status(std::string_view name) {
  if (std::exchange(any_status_, false)) filter_.statuses = jobs::JobStatusSet::none();
  if (const auto status = jobs::parse_job_status(name)) {
    filter_.statuses.add(*status);
  } else {
    fault("status", "must be pending, processing, completed, failed or cancelled, or several of them");
  }
}

void JobFilterText::text(std::string_view text) {
  if (text.size() > text_bytes_max) return fault("text", "must have at most 256 bytes");
  filter_.text = std::string(text);
}

std::optional<Time> JobFilterText::time(std::string_view name, std::string_view text) {
  const auto moment = from_iso8601(text);
  if (!moment) fault(name, "must be a time such as 2026-01-31T09:30:00Z");
  return moment;
}

void JobFilterText::fault(std::string_view name, std::string_view what) {
  const std::string field = prefix_ + std::string(name);
  faults_.push_back({field, field + " " + std::string(what)});
}

}  // namespace taskgate::api
