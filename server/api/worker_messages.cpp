#include "api/worker_messages.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "api/json_body.h"

namespace taskgate::api {

namespace {

using jobs::WorkerBeat;
using jobs::WorkerSettle;
using jobs::WorkerVerb;
using std::chrono::milliseconds;

constexpr milliseconds delay_longest = std::chrono::hours{24 * 365};
constexpr milliseconds lease_shortest{1'000};
constexpr milliseconds lease_longest = std::chrono::hours{1};

// One object of a list, read field by field; what is wrong is added to the faults of the whole request.
class Item {
 public:
  // `list` is the field that the list stands in, empty when the list is the whole body.
  Item(const boost::json::value& value, std::string_view list, std::size_t at, std::vector<FieldError>& faults)
      : fields_(value.if_object()), list_(list), at_(at), faults_(faults) {
    if (fields_ == nullptr) faults_.push_back({place(), "Each item must be an object"});
  }

  [[nodiscard]] std::optional<std::string> string(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->if_string()) return std::string(*text);
    fault(name, "must be a string");
    return std::nullopt;
  }
  [[nodiscard]] std::optional<milliseconds> duration(std::string_view name, milliseconds least, milliseconds most) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto* number = value->if_int64();
    if (number != nullptr && *number >= least.count() && *number <= most.count()) return milliseconds{*number};
    fault(name, fmt::format("must be a whole number between {} and {}", least.count(), most.count()));
    return std::nullopt;
  }
  [[nodiscard]] std::optional<double> number(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number()) return value->to_number<double>();
    fault(name, "must be a number");
    return std::nullopt;
  }
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    fault(name, "must be true or false");
    return std::nullopt;
  }
  [[nodiscard]] std::vector<jobs::LogLine> lines(std::string_view name) {
    std::vector<jobs::LogLine> lines;
    const auto* value = find(name);
    if (value == nullptr) return lines;
    const auto* list = value->if_array();
    if (list == nullptr) {
      fault(name, "must be a list of lines");
      return lines;
    }
    for (const auto& each : *list) {
      auto line = line_of(each);
      if (!line) {
        fault(name, "must have only strings, or {line, level} with a level of debug, info, warn or error");
        break;
      }
      lines.push_back(std::move(*line));
    }
    return lines;
  }
  // Whether the member is there, also as null.
  [[nodiscard]] bool has(std::string_view name) const { return fields_ != nullptr && fields_->contains(name); }
  [[nodiscard]] JobId job_id() {
    const auto text = string("id");
    const auto id = text ? parse_job_id(*text) : std::nullopt;
    if (!id) fault("id", "must be the id of a job");
    return id.value_or(JobId{});
  }
  [[nodiscard]] std::string lease() {
    auto text = string("lease");
    if (!text) fault("lease", "must be the lease the job came with");
    return std::move(text).value_or("");
  }
  void fault(std::string_view name, std::string_view rule) {
    if (fields_ != nullptr) faults_.push_back({fmt::format("{}.{}", place(), name), fmt::format("{} {}", name, rule)});
  }

 private:
  [[nodiscard]] static std::optional<jobs::LogLine> line_of(const boost::json::value& value) {
    if (const auto* text = value.if_string()) return jobs::LogLine{std::string(*text)};
    const auto* fields = value.if_object();
    const auto* text = fields == nullptr ? nullptr : fields->if_contains("line");
    if (text == nullptr || !text->is_string()) return std::nullopt;
    jobs::LogLine line{std::string(text->get_string())};
    const auto* level = fields->if_contains("level");
    if (level == nullptr || level->is_null()) return line;
    if (const auto* name = level->if_string()) line.level = jobs::parse_log_level(*name);
    return line.level ? std::optional(std::move(line)) : std::nullopt;
  }
  [[nodiscard]] const boost::json::value* find(std::string_view name) const {
    const auto* value = fields_ == nullptr ? nullptr : fields_->if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  [[nodiscard]] std::string place() const {
    return list_.empty() ? std::to_string(at_) : fmt::format("{}.{}", list_, at_);
  }

  const boost::json::object* fields_;
  std::string_view list_;
  std::size_t at_;
  std::vector<FieldError>& faults_;
};

std::optional<WorkerVerb> parse_verb(std::string_view text) {
  if (text == "complete") return WorkerVerb::complete;
  if (text == "fail") return WorkerVerb::fail;
  if (text == "snooze") return WorkerVerb::snooze;
  if (text == "release") return WorkerVerb::release;
  return std::nullopt;
}

// `text` is the item as it came: its result keeps every digit.
WorkerSettle read_settle(Item item, std::string_view text) {
  WorkerSettle settle;
  settle.id = item.job_id();
  settle.lease = item.lease();
  const auto verb = parse_verb(item.string("op").value_or(""));
  if (!verb) item.fault("op", "must be complete, fail, snooze or release");
  settle.verb = verb.value_or(WorkerVerb::complete);
  if (const auto result = raw_member(text, "result")) settle.result = std::string(*result);
  settle.error = item.string("error").value_or("");
  if (settle.verb == WorkerVerb::fail && settle.error.empty()) settle.error = "The worker gave no reason";
  settle.retryable = item.boolean("retryable").value_or(true);
  settle.delay = item.duration("delayMs", milliseconds{0}, delay_longest);
  return settle;
}

// `text` is the item as it came: its checkpoint keeps every digit.
WorkerBeat read_beat(Item item, std::string_view text) {
  WorkerBeat beat;
  beat.id = item.job_id();
  beat.lease = item.lease();
  beat.extend = item.duration("extendMs", lease_shortest, lease_longest);
  beat.progress = item.number("progress");
  beat.message = item.string("message");
  beat.log = item.lines("log");
  if (item.has("checkpoint")) {
    beat.checkpoint = std::string(raw_member(text, "checkpoint").value_or("null"));
    if (beat.checkpoint->size() > jobs::checkpoint_bytes_max) {
      item.fault("checkpoint", fmt::format("must have at most {} KiB", jobs::checkpoint_bytes_max / 1024));
    }
  }
  return beat;
}

std::vector<WorkerSettle> read_settle_list(const boost::json::array& list, std::string_view text, std::string_view name,
                                           std::vector<FieldError>& faults) {
  std::vector<WorkerSettle> settles;
  const auto texts = raw_elements(text);
  settles.reserve(list.size());
  for (std::size_t at = 0; at < list.size(); ++at) {
    settles.push_back(read_settle(Item(list[at], name, at, faults), texts.at(at)));
  }
  return settles;
}

std::vector<WorkerBeat> read_beat_list(const boost::json::array& list, std::string_view text, std::string_view name,
                                       std::vector<FieldError>& faults) {
  std::vector<WorkerBeat> beats;
  const auto texts = raw_elements(text);
  beats.reserve(list.size());
  for (std::size_t at = 0; at < list.size(); ++at) {
    beats.push_back(read_beat(Item(list[at], name, at, faults), texts.at(at)));
  }
  return beats;
}

const boost::json::array* list_of(const JsonBody& body, std::string_view name, std::vector<FieldError>& faults) {
  const auto* value = body.fields().if_contains(name);
  if (value == nullptr || value->is_null()) return nullptr;
  if (!value->is_array()) faults.push_back({std::string(name), fmt::format("{} must be a list", name)});
  return value->if_array();
}

// The body of a request that is a list.
Result<boost::json::value> read_list(const net::Request& request) {
  auto type = std::string_view(request.headers.get("Content-Type"));
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (!net::equal_ignoring_case(type, "application/json")) {
    return Error{
        ErrorCode::unsupported_media_type, "unsupported_media_type", "Send the body as application/json", {}, {}};
  }
  auto value = parse_json(request.body);
  if (!value) return value;
  const auto* list = value->if_array();
  if (list == nullptr)
    return Error{ErrorCode::bad_request, "validation_failed", "The body must be a JSON list", {}, {}};
  if (list->size() > jobs::WorkerService::items_max) {
    return Error{ErrorCode::bad_request, "validation_failed", "At most 1000 items at once", {}, {}};
  }
  return value;
}

}  // namespace

Result<jobs::WorkerClaim> read_claim(const net::Request& request) {
  auto body = JsonBody::read(request);
  if (!body) return body.error();
  jobs::WorkerClaim claim;
  claim.worker = body->string("worker").value_or("");
  claim.max = body->integer("max").value_or(1);
  claim.wait = milliseconds{body->integer("waitMs").value_or(0)};
  claim.lease = milliseconds{body->integer("leaseMs").value_or(30'000)};
  std::vector<FieldError> faults;
  if (auto failure = body->failure()) faults = failure->fields;
  if (const auto* types = list_of(*body, "types", faults)) {
    for (const auto& type : *types) {
      if (const auto* text = type.if_string()) {
        claim.types.emplace_back(*text);
      } else {
        faults.push_back({"types", "types must be a list of strings"});
        break;
      }
    }
  }
  if (const auto* list = list_of(*body, "settle", faults)) {
    claim.settle = read_settle_list(*list, body->raw("settle").value_or("[]"), "settle", faults);
  }
  if (const auto* list = list_of(*body, "beat", faults)) {
    claim.beat = read_beat_list(*list, body->raw("beat").value_or("[]"), "beat", faults);
  }
  if (!faults.empty()) return validation_failed(std::move(faults));
  return claim;
}

Result<std::vector<jobs::WorkerSettle>> read_settles(const net::Request& request) {
  const auto list = read_list(request);
  if (!list) return list.error();
  std::vector<FieldError> faults;
  auto settles = read_settle_list(list->get_array(), request.body, {}, faults);
  if (!faults.empty()) return validation_failed(std::move(faults));
  return settles;
}

Result<std::vector<jobs::WorkerBeat>> read_beats(const net::Request& request) {
  const auto list = read_list(request);
  if (!list) return list.error();
  std::vector<FieldError> faults;
  auto beats = read_beat_list(list->get_array(), request.body, {}, faults);
  if (!faults.empty()) return validation_failed(std::move(faults));
  return beats;
}

void write_answers(JsonWriter& json, const std::vector<jobs::WorkerAnswer>& answers) {
  json.begin_array();
  for (const auto& answer : answers) {
    json.begin_object().member("id", to_string(answer.id)).member("outcome", answer.outcome).end_object();
  }
  json.end_array();
}

std::string claim_answer(const jobs::WorkerClaimAnswer& answer) {
  JsonWriter json;
  json.begin_object().key("jobs").begin_array();
  for (const auto& [job, lease, checkpoint] : answer.jobs) {
    json.begin_object().member("id", to_string(job.id)).member("type", job.type).key("data").raw(job.data);
    json.key("priority").number(job.priority).member("attempt", job.attempts).member("lease", lease);
    const auto lease_left = job.lease_expires_at.value_or(Time{}) - job.started_at.value_or(Time{});
    json.member("leaseMs", static_cast<std::int64_t>(lease_left.count()));
    if (job.terms.timeout) json.member("timeoutMs", static_cast<std::int64_t>(job.terms.timeout->count()));
    json.key("checkpoint").raw(checkpoint ? std::string_view{*checkpoint} : "null");
    json.member("userId", to_string(job.user_id)).end_object();
  }
  json.end_array().key("settled");
  write_answers(json, answer.settled);
  json.key("beats");
  write_answers(json, answer.beats);
  json.key("cancels").begin_array();
  for (const auto& cancel : answer.cancels) {
    json.begin_object().member("id", to_string(cancel.id)).member("reason", cancel.reason).end_object();
  }
  return json.end_array().member("directive", answer.drain ? "drain" : "run").end_object().take();
}

}  // namespace taskgate::api
