#include "api/job_action_handlers.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/error_response.h"
#include "api/job_filter_text.h"
#include "api/json_body.h"
#include "base/json.h"

namespace taskgate::api {

namespace {

using jobs::JobActionOrder;
using Faults = std::vector<FieldError>;

void read_statuses(const boost::json::value& value, JobFilterText& filter, Faults& faults) {
  if (const auto* one = value.if_string()) return filter.statuses(*one);
  const auto* list = value.if_array();
  if (list == nullptr || list->empty()) {
    faults.push_back({"filter.status", "filter.status must be a status or a list of them"});
    return;
  }
  for (const auto& each : *list) filter.add_status(each.is_string() ? std::string_view(each.get_string()) : "");
}

// A member nobody knows is refused: left out of account it would make the action reach further than was meant.
jobs::JobFilter read_filter(const boost::json::object& fields, Faults& faults) {
  JobFilterText filter(faults, "filter.");
  for (const auto& [name, value] : fields) {
    const std::string field = "filter." + std::string(name);
    if (value.is_null()) continue;
    if (name == "status") {
      read_statuses(value, filter, faults);
      continue;
    }
    const auto* text = value.if_string();
    if (name != "type" && name != "tag" && name != "queue" && name != "text" && name != "createdAfter" &&
        name != "createdBefore") {
      faults.push_back({field, field + " is not a part of a filter"});
    } else if (text == nullptr || text->empty()) {
      faults.push_back({field, field + " must be a string that is not empty"});
    } else if (name == "type") {
      filter.type(*text);
    } else if (name == "tag") {
      filter.tag(*text);
    } else if (name == "queue") {
      filter.queue(*text);
    } else if (name == "text") {
      filter.text(*text);
    } else if (name == "createdAfter") {
      filter.created_after(*text);
    } else {
      filter.created_before(*text);
    }
  }
  return filter.take();
}

std::vector<JobId> read_ids(const boost::json::value& value, Faults& faults) {
  std::vector<JobId> ids;
  const auto* list = value.if_array();
  if (list == nullptr) {
    faults.push_back({"ids", "ids must be a list of job ids"});
    return ids;
  }
  ids.reserve(list->size());
  for (const auto& each : *list) {
    const auto id = each.is_string() ? parse_job_id(each.get_string()) : std::nullopt;
    if (!id) {
      faults.push_back({"ids", "ids must be a list of job ids, each of 16 hex digits"});
      return ids;
    }
    ids.push_back(*id);
  }
  return ids;
}

const boost::json::value* given(const JsonBody& body, std::string_view name) {
  const auto* value = body.fields().if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void read_which(const JsonBody& body, JobActionOrder& order, Faults& faults) {
  const auto* ids = given(body, "ids");
  const auto* filter = given(body, "filter");
  if ((ids == nullptr) == (filter == nullptr)) {
    faults.push_back({"filter", "Give either ids or a filter; {} means all of one's jobs"});
  } else if (ids != nullptr) {
    order.ids = read_ids(*ids, faults);
  } else if (const auto* fields = filter->if_object()) {
    order.filter = read_filter(*fields, faults);
  } else {
    faults.push_back({"filter", "filter must be an object"});
  }
}

void read_whose(JsonBody& body, JobActionOrder& order, Faults& faults) {
  if (const auto* all = given(body, "all")) {
    if (!all->is_bool()) faults.push_back({"all", "all must be true or false"});
    order.everybody = all->is_bool() && all->get_bool();
  }
  if (const auto user = body.string("userId")) {
    order.of.user = parse_user_id(*user);
    if (!order.of.user) faults.push_back({"userId", "userId must have 24 hex digits"});
    if (!order.everybody) faults.push_back({"userId", "userId goes with \"all\": true"});
  }
}

Result<JobActionOrder> read_order(JsonBody& body) {
  JobActionOrder order;
  Faults faults;
  const auto action = jobs::parse_job_action(body.required_string("action", "action must be cancel or retry"));
  if (action) {
    order.action = *action;
  } else if (!body.failure()) {
    faults.push_back({"action", "action must be cancel or retry"});
  }
  read_which(body, order, faults);
  read_whose(body, order, faults);
  if (const auto limit = body.integer("limit")) order.limit = *limit < 0 ? 0 : static_cast<std::size_t>(*limit);
  if (const auto cursor = body.string("cursor")) {
    order.before = parse_job_id(*cursor);
    if (!order.before) faults.push_back({"cursor", "cursor must be the nextCursor of an earlier answer"});
  }
  if (auto failure = body.failure()) {
    faults.insert(faults.begin(), failure->fields.begin(), failure->fields.end());
  }
  if (!faults.empty()) return validation_failed(std::move(faults));
  return order;
}

net::Response report_response(const jobs::JobActionReport& report) {
  JsonWriter json;
  json.begin_object().member("status", "success").key("data").begin_object();
  json.member("matched", static_cast<std::int64_t>(report.matched));
  json.member("done", static_cast<std::int64_t>(report.done));
  json.member("skipped", static_cast<std::int64_t>(report.refused.size())).key("refused").begin_array();
  for (const auto& each : report.refused) {
    json.begin_object().member("id", to_string(each.id));
    json.member("code", each.error.reason).member("message", each.error.message).end_object();
  }
  json.end_array();
  if (report.next) json.member("nextCursor", to_string(*report.next));
  return net::Response::json(200, json.end_object().end_object().take());
}

}  // namespace

Awaitable<net::Response> act_on_jobs(Services& services, Call call) {
  auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto order = read_order(*body);
  if (!order) co_return error_response(order.error(), call.request);
  auto caller = call.caller();
  auto report = co_await services.jobs.act(std::move(caller), std::move(*order));
  if (!report) co_return error_response(report.error(), call.request);
  co_return report_response(*report);
}

}  // namespace taskgate::api
