#include "jobs/worker_types.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "jobs/job_type.h"

namespace taskgate::jobs {
namespace {

constexpr std::chrono::minutes save_every{1};

// A line "<milliseconds> <type>".
std::optional<std::pair<std::string, Time>> read_line(std::string_view line) {
  std::int64_t moment = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), moment);
  const auto length = static_cast<std::size_t>(end - line.data());
  if (error != std::errc{} || length == line.size() || line[length] != ' ') return std::nullopt;
  const auto type = normalize_job_type(std::string(line.substr(length + 1)));
  if (!type) return std::nullopt;
  return std::pair{*type, Time{std::chrono::milliseconds{moment}}};
}

}  // namespace

WorkerTypes::WorkerTypes(std::string_view saved, Save save) : save_(std::move(save)) {
  while (!saved.empty() && heard_until_.size() < types_max) {
    const auto end = saved.find('\n');
    if (auto entry = read_line(saved.substr(0, end))) heard_until_.insert(std::move(*entry));
    saved.remove_prefix(end == std::string_view::npos ? saved.size() : end + 1);
  }
}

void WorkerTypes::heard(const std::vector<std::string>& types, Time heard_until, Time now) {
  const std::lock_guard lock(mutex_);
  bool any_new = false;
  for (const auto& type : types) {
    const auto known = heard_until_.find(type);
    if (known != heard_until_.end()) {
      any_new = any_new || known->second + grace <= now;
      known->second = std::max(known->second, heard_until);
      continue;
    }
    if (heard_until_.size() >= types_max) {
      std::erase_if(heard_until_, [now](const auto& each) { return each.second + grace <= now; });
      if (heard_until_.size() >= types_max) continue;
    }
    heard_until_.emplace(type, heard_until);
    any_new = true;
  }
  const bool is_old = now < saved_at_ || now - saved_at_ >= save_every;
  if (any_new || is_old) save_now(now);
}

void WorkerTypes::save_now(Time now) {
  saved_at_ = now;
  if (!save_) return;
  std::string text;
  for (const auto& [type, until] : heard_until_) {
    if (until + grace <= now) continue;
    text += std::to_string(until.time_since_epoch().count()) + ' ' + type + '\n';
  }
  save_(text);
}

WorkerTypes::LeftAlone WorkerTypes::at(Time now) const {
  const std::lock_guard lock(mutex_);
  LeftAlone left;
  for (const auto& [type, heard_until] : heard_until_) {
    const Time until = heard_until + grace;
    if (until <= now) continue;
    left.types.push_back(type);
    left.until = left.until ? std::min(*left.until, until) : until;
  }
  return left;
}

bool WorkerTypes::leaves_alone(std::string_view type, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto known = heard_until_.find(type);
  return known != heard_until_.end() && now < known->second + grace;
}

}  // namespace taskgate::jobs
