#include "api/new_job_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/json.h"

namespace taskgate::api {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

class Faults {
 public:
  void add(std::string_view field, std::string_view rule) {
    errors_.push_back({std::string(field), fmt::format("{} must be {}", field, rule)});
  }
  [[nodiscard]] bool none() const { return errors_.empty(); }
  [[nodiscard]] Error take() { return validation_failed(std::move(errors_)); }

 private:
  std::vector<FieldError> errors_;
};

std::string read_string(const json::value& value, std::string_view field, Faults& faults) {
  if (const auto* text = value.if_string()) return std::string(*text);
  faults.add(field, "a string");
  return {};
}

double read_number(const json::value& value, std::string_view field, Faults& faults) {
  if (value.is_number()) return value.to_number<double>();
  faults.add(field, "a number");
  return 0;
}

std::int64_t read_integer(const json::value& value, std::string_view field, Faults& faults) {
  if (const auto* whole = value.if_int64()) return *whole;
  faults.add(field, "a whole number");
  return 0;
}

// Numbers beyond any allowed one stay beyond it, and adding them to a time cannot overflow.
milliseconds read_duration(const json::value& value, std::string_view field, Faults& faults) {
  constexpr std::int64_t beyond_all = std::int64_t{1} << 52;
  return milliseconds{std::clamp(read_integer(value, field, faults), -beyond_all, beyond_all)};
}

std::optional<Time> read_time(const json::value& value, std::string_view field, Faults& faults) {
  const auto* text = value.if_string();
  const auto time = text == nullptr ? std::nullopt : from_iso8601(*text);
  if (!time) faults.add(field, "a time like 2026-01-31T09:30:00.000Z");
  return time;
}

// The value that has this name in `words`; the first, with a fault, when none has.
template <class Value, std::size_t count>
Value read_word(const json::value& value, std::string_view field,
                const std::array<std::pair<std::string_view, Value>, count>& words, Faults& faults) {
  const auto* text = value.if_string();
  std::string allowed;
  for (const auto& [name, meaning] : words) {
    if (text != nullptr && *text == name) return meaning;
    allowed += (allowed.empty() ? "" : " or ") + std::string(name);
  }
  faults.add(field, allowed);
  return words[0].second;
}

template <class Item, class Read>
std::vector<Item> read_list(const json::value& value, std::string_view field, std::string_view rule, Faults& faults,
                            Read read) {
  std::vector<Item> items;
  bool fits = value.is_array();
  if (fits) {
    items.reserve(value.get_array().size());
    for (const auto& each : value.get_array()) {
      auto item = read(each);
      fits = fits && item.has_value();
      if (item) items.push_back(std::move(*item));
    }
  }
  if (!fits) faults.add(field, rule);
  return items;
}

std::optional<std::string> text_of(const json::value& value) {
  const auto* text = value.if_string();
  return text == nullptr ? std::nullopt : std::optional(std::string(*text));
}

std::optional<JobId> id_of(const json::value& value) {
  const auto* text = value.if_string();
  return text == nullptr ? std::nullopt : parse_job_id(*text);
}

std::optional<milliseconds> duration_of(const json::value& value) {
  Faults none;
  const auto duration = read_duration(value, "", none);
  return none.none() ? std::optional(duration) : std::nullopt;
}

enum class BackoffType { fixed, exponential, list };
constexpr std::array<std::pair<std::string_view, BackoffType>, 3> backoff_types = {
    {{"fixed", BackoffType::fixed}, {"exponential", BackoffType::exponential}, {"list", BackoffType::list}}};
constexpr std::array<std::pair<std::string_view, jobs::UniquePolicy>, 3> unique_policies = {
    {{"return", jobs::UniquePolicy::return_existing},
     {"reject", jobs::UniquePolicy::reject},
     {"replace", jobs::UniquePolicy::replace}}};
constexpr std::array<std::pair<std::string_view, jobs::UniqueFor>, 2> unique_holds = {
    {{"live", jobs::UniqueFor::live}, {"pending", jobs::UniqueFor::pending}}};
constexpr std::array<std::pair<std::string_view, jobs::OnDependencyFailure>, 2> dependency_policies = {
    {{"fail", jobs::OnDependencyFailure::fail}, {"wait", jobs::OnDependencyFailure::wait}}};

// What was given of {type, delayMs?, factor?, maxMs?, jitter?, delaysMs?}. Jitter is 20 % for exponential backoff, none
// for the exact ones.
std::optional<jobs::BackoffPolicy> read_backoff(const json::value& value, Faults& faults) {
  const auto* fields = value.if_object();
  if (fields == nullptr) {
    faults.add("backoff", "an object");
    return std::nullopt;
  }
  const auto* type = fields->if_contains("type");
  const auto kind = read_word(type == nullptr ? json::value() : *type, "backoff.type", backoff_types, faults);
  jobs::BackoffPolicy policy;
  if (kind != BackoffType::exponential) policy.jitter = 0;
  bool longest_given = false;
  for (const auto& member : *fields) {
    const std::string_view name = member.key();
    const auto& given = member.value();
    if (given.is_null()) continue;
    if (name == "delayMs") policy.first = read_duration(given, "backoff.delayMs", faults);
    if (name == "factor") policy.factor = read_number(given, "backoff.factor", faults);
    if (name == "jitter") policy.jitter = read_number(given, "backoff.jitter", faults);
    if (name == "maxMs") policy.longest = read_duration(given, "backoff.maxMs", faults);
    longest_given = longest_given || name == "maxMs";
    if (name == "delaysMs" && kind == BackoffType::list) {
      policy.delays =
          read_list<milliseconds>(given, "backoff.delaysMs", "a list of whole numbers", faults, duration_of);
    }
  }
  if (kind == BackoffType::fixed) policy.factor = 1;
  if (!longest_given) policy.longest = std::max(policy.longest, policy.first);
  if (kind == BackoffType::list && policy.delays.empty())
    faults.add("backoff.delaysMs", "given with at least one delay");
  return policy;
}

// The members that few jobs have.
void read_rare(jobs::NewJob& job, std::string_view name, const json::value& value, jobs::UniqueKeyRequest& unique,
               Faults& faults) {
  if (name == "queue") {
    job.queue = read_string(value, name, faults);
  } else if (name == "tags") {
    job.tags = read_list<std::string>(value, name, "a list of strings", faults, text_of);
  } else if (name == "runAt") {
    job.run_at = read_time(value, name, faults);
  } else if (name == "timeoutMs") {
    job.timeout = read_duration(value, name, faults);
  } else if (name == "ttlMs") {
    job.ttl = read_duration(value, name, faults);
  } else if (name == "backoff") {
    job.backoff = read_backoff(value, faults);
  } else if (name == "retryUntil") {
    job.retry_until = read_time(value, name, faults);
  } else if (name == "uniqueKey") {
    unique.key = read_string(value, name, faults);
    job.unique.emplace();
  } else if (name == "uniquePolicy") {
    unique.policy = read_word(value, name, unique_policies, faults);
  } else if (name == "uniqueFor") {
    unique.hold = read_word(value, name, unique_holds, faults);
  } else if (name == "uniqueForMs") {
    unique.window = read_duration(value, name, faults);
  } else if (name == "dependsOn") {
    job.depends_on = read_list<JobId>(value, name, "a list of ids of jobs", faults, id_of);
  } else if (name == "onDependencyFailure") {
    job.on_dependency_failure = read_word(value, name, dependency_policies, faults);
  }
}

}  // namespace

Result<jobs::NewJob> read_new_job(const json::object& fields, std::string_view text) {
  jobs::NewJob job;
  jobs::UniqueKeyRequest unique;
  Faults faults;
  job.data_is_json = true;
  for (const auto& member : fields) {
    const std::string_view name = member.key();
    const auto& value = member.value();
    if (name == "data") {
      job.data = raw_member(text, name).value_or("{}");
      continue;
    }
    if (value.is_null()) continue;
    if (name == "type") {
      job.type = read_string(value, name, faults);
    } else if (name == "priority") {
      job.priority = read_number(value, name, faults);
    } else if (name == "maxRetries") {
      job.max_retries = static_cast<int>(std::clamp<std::int64_t>(read_integer(value, name, faults), -1, 1'000'000));
    } else if (name == "delayMs") {
      job.delay = read_duration(value, name, faults);
    } else {
      read_rare(job, name, value, unique, faults);
    }
  }
  if (job.unique) job.unique = std::move(unique);
  if (!faults.none()) return faults.take();
  return job;
}

Result<jobs::JobChange> read_job_change(const json::object& fields) {
  jobs::JobChange change;
  Faults faults;
  for (const auto& member : fields) {
    const std::string_view name = member.key();
    if (name == "priority") change.priority = read_number(member.value(), name, faults);
    if (name == "runAt")
      change.run_at = member.value().is_null() ? std::optional(Time{}) : read_time(member.value(), name, faults);
  }
  if (!faults.none()) return faults.take();
  if (!change.priority && !change.run_at) return validation_failed("priority", "Give priority or runAt");
  return change;
}

}  // namespace taskgate::api
