#include "api/submit_handlers.h"

#include <fmt/format.h>

#include "api/error_response.h"
#include "api/job_json.h"
#include "api/json_body.h"
#include "api/new_job_json.h"
#include "base/crypto.h"

namespace taskgate::api {
namespace {

using jobs::SubmitStatus;
using jobs::Submitted;

constexpr std::size_t batch_jobs_max = 10'000;

std::string job_answer(std::string_view message, const jobs::Job& job) {
  JsonWriter json;
  json.begin_object().member("status", "success").member("message", message).key("data");
  write_job(json, job);
  return json.end_object().take();
}

// 202 for a job that was added, 200 for one that was there before.
net::Response submitted_response(const Submitted& submitted) {
  const bool created = submitted.status == SubmitStatus::created;
  return net::Response::json(
      created ? 202 : 200,
      job_answer(created ? "Job submitted" : "A job with this unique key is there already", submitted.job));
}

// What is kept for an Idempotency-Key: the status and the body of the answer.
std::string kept_answer(const net::Response& response) {
  return fmt::format("{:03}{}", response.status, *response.body);
}

net::Response repeated_response(std::string_view kept) {
  const int status = (kept[0] - '0') * 100 + (kept[1] - '0') * 10 + (kept[2] - '0');
  auto response = net::Response::json(status, std::string(kept.substr(3)));
  response.headers.set("Idempotency-Replayed", "true");
  return response;
}

using WriteAnswer = std::function<net::Response(const std::vector<Submitted>&)>;

// Nothing when the request has no Idempotency-Key.
std::optional<jobs::RequestIdentity> identity_of(const net::Request& request, WriteAnswer write) {
  if (!request.headers.has("Idempotency-Key")) return std::nullopt;
  jobs::RequestIdentity identity;
  identity.key = std::string(request.headers.get("Idempotency-Key"));
  identity.request = sha256(request.target + '\n' + request.body);
  identity.write_answer = [write = std::move(write)](const std::vector<Submitted>& jobs) {
    return kept_answer(write(jobs));
  };
  return identity;
}

net::Response single_response(const std::vector<Submitted>& jobs) { return submitted_response(jobs.at(0)); }

void write_refusal(JsonWriter& json, const Error& error) {
  json.begin_object().member("code", error.reason).member("message", error.message);
  if (!error.fields.empty()) {
    json.key("errors").begin_array();
    for (const auto& field : error.fields)
      json.begin_object().member("field", field.field).member("message", field.message).end_object();
    json.end_array();
  }
  json.end_object();
}

net::Response batch_response(const std::vector<Submitted>& jobs, bool ids_only) {
  JsonWriter json;
  json.begin_object()
      .member("status", "success")
      .member("results", static_cast<std::int64_t>(jobs.size()))
      .key("data")
      .begin_array();
  for (const auto& each : jobs) {
    if (each.status == SubmitStatus::refused) {
      write_refusal(json, *each.refusal);
    } else if (ids_only) {
      json.string(to_string(each.job.id));
    } else {
      write_job(json, each.job);
    }
  }
  return net::Response::json(202, json.end_array().end_object().take());
}

// Parsed where it lies: a batch may have many megabytes, and its jobs' data are cut out of the body itself.
Result<std::vector<Result<jobs::NewJob>>> read_batch(const JsonBody& body) {
  const auto* list = body.array("jobs");
  if (list == nullptr) return validation_failed("jobs", "jobs must be a list");
  if (list->empty() || list->size() > batch_jobs_max)
    return validation_failed("jobs", "jobs must have 1 to 10000 jobs");
  const auto texts = raw_elements(body.raw("jobs").value_or("[]"));
  std::vector<Result<jobs::NewJob>> read;
  read.reserve(list->size());
  for (std::size_t index = 0; index < list->size(); ++index) {
    const auto* fields = (*list)[index].if_object();
    if (fields == nullptr) {
      read.emplace_back(validation_failed("jobs", "Each job must be an object"));
    } else {
      read.push_back(read_new_job(*fields, texts.at(index)));
    }
  }
  return read;
}

}  // namespace

Awaitable<net::Response> submit_job(Services& services, Call call) {
  const auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto job = read_new_job(body->fields(), body->text());
  if (!job) co_return error_response(job.error(), call.request);
  auto identity = identity_of(call.request, single_response);
  auto caller = call.caller();
  // Most jobs concern nobody else and take the short way.
  if (!identity && !job->unique) {
    auto submitted = co_await services.jobs.submit(std::move(caller), std::move(*job));
    if (!submitted) co_return error_response(submitted.error(), call.request);
    co_return net::Response::json(202, job_answer("Job submitted", *submitted));
  }
  std::vector<Result<jobs::NewJob>> jobs;
  jobs.push_back(std::move(job));
  auto answer = co_await services.jobs.submit_all(std::move(caller), std::move(jobs), std::move(identity));
  if (!answer) co_return error_response(answer.error(), call.request);
  if (answer->repeated) co_return repeated_response(*answer->repeated);
  const Submitted& submitted = answer->jobs.at(0);
  if (submitted.status == SubmitStatus::refused) co_return error_response(*submitted.refusal, call.request);
  co_return submitted_response(submitted);
}

Awaitable<net::Response> submit_batch(Services& services, Call call) {
  const auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto jobs = read_batch(*body);
  if (!jobs) co_return error_response(jobs.error(), call.request);
  const auto form = call.request.query_value("return");
  if (form && *form != "ids" && *form != "jobs") {
    co_return error_response(validation_failed("return", "return must be ids or jobs"), call.request);
  }
  const bool ids_only = form == "ids";
  auto identity = identity_of(
      call.request, [ids_only](const std::vector<Submitted>& each) { return batch_response(each, ids_only); });
  auto caller = call.caller();
  auto answer = co_await services.jobs.submit_all(std::move(caller), std::move(*jobs), std::move(identity));
  if (!answer) co_return error_response(answer.error(), call.request);
  if (answer->repeated) co_return repeated_response(*answer->repeated);
  co_return batch_response(answer->jobs, ids_only);
}

Awaitable<net::Response> change_job(Services& services, Call call) {
  const auto id = parse_job_id(call.request.param("id"));
  if (!id) co_return error_response(not_found("Job"), call.request);
  const auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto change = read_job_change(body->fields());
  if (!change) co_return error_response(change.error(), call.request);
  auto caller = call.caller();
  auto job = co_await services.jobs.change(std::move(caller), *id, std::move(*change));
  if (!job) co_return error_response(job.error(), call.request);
  co_return net::Response::json(200, job_answer("Job changed", *job));
}

}  // namespace taskgate::api
