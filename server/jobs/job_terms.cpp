#include "jobs/job_terms.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/json.h"

namespace taskgate::jobs {

namespace {

using std::chrono::milliseconds;

std::int64_t since_epoch(Time time) { return time.time_since_epoch().count(); }

void write_backoff(JsonWriter& json, const BackoffPolicy& backoff) {
  json.key("backoff").begin_object();
  json.member("firstMs", backoff.first.count()).key("factor").number(backoff.factor);
  json.member("longestMs", backoff.longest.count()).key("jitter").number(backoff.jitter);
  json.key("delaysMs").begin_array();
  for (const auto delay : backoff.delays) json.integer(delay.count());
  json.end_array().end_object();
}

// Reads members of one object; a member of the wrong type makes `ok` false.
struct Reader {
  const boost::json::object& fields;
  bool ok = true;

  std::optional<std::int64_t> integer(std::string_view name) {
    const auto* value = fields.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* whole = value->if_int64()) return *whole;
    ok = false;
    return std::nullopt;
  }
  std::optional<std::string> string(std::string_view name) {
    const auto* value = fields.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->if_string()) return std::string(*text);
    ok = false;
    return std::nullopt;
  }
  double number(std::string_view name, double fallback) {
    const auto* value = fields.if_contains(name);
    if (value == nullptr) return fallback;
    if (value->is_number()) return value->to_number<double>();
    ok = false;
    return fallback;
  }
  std::optional<Time> time(std::string_view name) {
    const auto value = integer(name);
    return value ? std::optional(Time(milliseconds(*value))) : std::nullopt;
  }
  std::optional<milliseconds> duration(std::string_view name) {
    const auto value = integer(name);
    return value ? std::optional(milliseconds(*value)) : std::nullopt;
  }
  const boost::json::array* array(std::string_view name) {
    const auto* value = fields.if_contains(name);
    if (value == nullptr) return nullptr;
    ok = ok && value->is_array();
    return value->if_array();
  }
};

std::optional<BackoffPolicy> read_backoff(Reader& terms) {
  const auto* value = terms.fields.if_contains("backoff");
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) {
    terms.ok = false;
    return std::nullopt;
  }
  Reader reader{value->get_object()};
  BackoffPolicy backoff;
  backoff.first = reader.duration("firstMs").value_or(backoff.first);
  backoff.factor = reader.number("factor", backoff.factor);
  backoff.longest = reader.duration("longestMs").value_or(backoff.longest);
  backoff.jitter = reader.number("jitter", backoff.jitter);
  if (const auto* delays = reader.array("delaysMs")) {
    for (const auto& delay : *delays) {
      reader.ok = reader.ok && delay.is_int64();
      if (delay.is_int64()) backoff.delays.emplace_back(delay.get_int64());
    }
  }
  terms.ok = terms.ok && reader.ok;
  return backoff;
}

void read_dependencies(Reader& reader, JobTerms& terms) {
  const auto* ids = reader.array("dependsOn");
  if (ids == nullptr) return;
  for (const auto& value : *ids) {
    const auto* text = value.if_string();
    const auto id = text == nullptr ? std::nullopt : parse_job_id(*text);
    reader.ok = reader.ok && id.has_value();
    if (id) terms.depends_on.push_back(*id);
  }
}

}  // namespace

std::string to_json(const JobTerms& terms) {
  JsonWriter json;
  json.begin_object();
  if (terms.timeout) json.member("timeoutMs", terms.timeout->count());
  if (terms.expires_at) json.member("expiresAt", since_epoch(*terms.expires_at));
  if (terms.retry_until) json.member("retryUntil", since_epoch(*terms.retry_until));
  if (terms.backoff) write_backoff(json, *terms.backoff);
  if (terms.unique_key) json.member("uniqueKey", *terms.unique_key);
  if (terms.unique_for == UniqueFor::pending) json.member("uniqueFor", "pending");
  if (terms.unique_until) json.member("uniqueUntil", since_epoch(*terms.unique_until));
  if (!terms.depends_on.empty()) {
    json.key("dependsOn").begin_array();
    for (const auto id : terms.depends_on) json.string(to_string(id));
    json.end_array();
  }
  if (terms.on_dependency_failure == OnDependencyFailure::wait) json.member("onDependencyFailure", "wait");
  if (terms.schedule_id) json.member("scheduleId", *terms.schedule_id);
  if (terms.parent_id) json.member("parentId", to_string(*terms.parent_id));
  if (terms.webhook_url) json.member("webhookUrl", *terms.webhook_url);
  return json.end_object().take();
}

Result<JobTerms> parse_job_terms(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return value.error();
  if (!value->is_object()) return validation_failed("terms", "terms must be an object");
  Reader reader{value->get_object()};
  JobTerms terms;
  terms.timeout = reader.duration("timeoutMs");
  terms.expires_at = reader.time("expiresAt");
  terms.retry_until = reader.time("retryUntil");
  terms.backoff = read_backoff(reader);
  terms.unique_key = reader.string("uniqueKey");
  if (reader.string("uniqueFor") == "pending") terms.unique_for = UniqueFor::pending;
  terms.unique_until = reader.time("uniqueUntil");
  if (terms.unique_until) terms.unique_for = UniqueFor::window;
  read_dependencies(reader, terms);
  if (reader.string("onDependencyFailure") == "wait") terms.on_dependency_failure = OnDependencyFailure::wait;
  terms.schedule_id = reader.string("scheduleId");
  if (const auto parent = reader.string("parentId")) {
    terms.parent_id = parse_job_id(*parent);
    reader.ok = reader.ok && terms.parent_id;
  }
  terms.webhook_url = reader.string("webhookUrl");
  if (!reader.ok) return validation_failed("terms", "terms have a member of the wrong type");
  return terms;
}

}  // namespace taskgate::jobs
