#include "api/control_json.h"

#include <string>
#include <vector>

namespace taskgate::api {

namespace {

using jobs::Change;

void write_limit(JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& limit) {
  json.key(name);
  if (limit) {
    json.integer(*limit);
  } else {
    json.null();
  }
}

// Reads members of which null is a value: it takes a limit away.
class ControlReader {
 public:
  explicit ControlReader(const JsonBody& body) : fields_(body.fields()) {}

  std::optional<bool> boolean(std::string_view name) {
    const auto* value = fields_.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* truth = value->if_bool()) return *truth;
    fault(name, "must be true or false");
    return std::nullopt;
  }
  std::optional<double> number(std::string_view name) {
    const auto* value = fields_.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number()) return value->to_number<double>();
    fault(name, "must be a number");
    return std::nullopt;
  }
  Change<std::int64_t> limit(std::string_view name) {
    const auto* value = fields_.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_null()) return Change<std::int64_t>(std::in_place, std::nullopt);
    if (const auto* whole = value->if_int64()) return Change<std::int64_t>(std::in_place, *whole);
    fault(name, "must be a whole number or null");
    return std::nullopt;
  }
  Change<jobs::StartRate> rate(std::string_view name) {
    const auto* value = fields_.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_null()) return Change<jobs::StartRate>(std::in_place, std::nullopt);
    const auto* object = value->if_object();
    const auto* starts = object == nullptr ? nullptr : object->if_contains("starts");
    const auto* window = object == nullptr ? nullptr : object->if_contains("windowMs");
    if (starts == nullptr || window == nullptr || !starts->is_int64() || !window->is_int64()) {
      fault(name, "must be null, or have the whole numbers starts and windowMs");
      return std::nullopt;
    }
    const jobs::StartRate rate{starts->get_int64(), std::chrono::milliseconds(window->get_int64())};
    return Change<jobs::StartRate>(std::in_place, rate);
  }
  [[nodiscard]] const std::vector<FieldError>& faults() const { return faults_; }

 private:
  void fault(std::string_view name, const std::string& what) {
    faults_.push_back({std::string(name), std::string(name) + " " + what});
  }

  const boost::json::object& fields_;
  std::vector<FieldError> faults_;
};

template <class Value>
Result<Value> checked(const ControlReader& reader, Value value) {
  if (!reader.faults().empty()) return validation_failed(reader.faults());
  return value;
}

}  // namespace

void write_control(JsonWriter& json, const jobs::TypeControl& control) {
  json.member("paused", control.paused);
  write_limit(json, "concurrency", control.concurrency);
  write_limit(json, "concurrencyPerUser", control.concurrency_per_user);
  json.key("rate");
  if (!control.rate) {
    json.null();
    return;
  }
  json.begin_object().member("starts", control.rate->starts);
  json.member("windowMs", static_cast<std::int64_t>(control.rate->window.count())).end_object();
}

void write_control(JsonWriter& json, const jobs::QueueControl& control) { json.member("paused", control.paused); }

void write_control(JsonWriter& json, const jobs::UserControl& control) {
  write_limit(json, "concurrency", control.concurrency);
  json.key("weight").number(control.weight);
  write_limit(json, "backlog", control.backlog);
}

Result<jobs::TypeControlChange> read_type_control(const JsonBody& body) {
  ControlReader reader(body);
  jobs::TypeControlChange change;
  change.paused = reader.boolean("paused");
  change.concurrency = reader.limit("concurrency");
  change.concurrency_per_user = reader.limit("concurrencyPerUser");
  change.rate = reader.rate("rate");
  return checked(reader, change);
}

Result<jobs::QueueControlChange> read_queue_control(const JsonBody& body) {
  ControlReader reader(body);
  jobs::QueueControlChange change;
  change.paused = reader.boolean("paused");
  return checked(reader, change);
}

Result<jobs::UserControlChange> read_user_control(const JsonBody& body) {
  ControlReader reader(body);
  jobs::UserControlChange change;
  change.concurrency = reader.limit("concurrency");
  change.weight = reader.number("weight");
  change.backlog = reader.limit("backlog");
  return checked(reader, change);
}

}  // namespace taskgate::api
