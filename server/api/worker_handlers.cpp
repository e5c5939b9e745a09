#include "api/worker_handlers.h"

#include "api/error_response.h"
#include "api/json_body.h"
#include "api/worker_messages.h"

namespace taskgate::api {

namespace {

net::Response answers_response(const std::vector<jobs::WorkerAnswer>& answers) {
  JsonWriter json;
  write_answers(json, answers);
  return net::Response::json(200, json.take());
}

constexpr std::size_t jobs_shown_max = 100;

void write_worker(JsonWriter& json, const jobs::WorkerView& worker) {
  json.begin_object().member("worker", worker.name).member("userId", to_string(worker.user_id));
  json.member("allUsers", worker.all_users).key("types").begin_array();
  for (const auto& type : worker.types) json.string(type);
  json.end_array().member("lastBeatAt", to_iso8601(worker.seen_at)).member("waiting", worker.waiting);
  json.member("jobsInHand", static_cast<std::int64_t>(worker.jobs.size())).key("jobs").begin_array();
  for (std::size_t at = 0; at < std::min(worker.jobs.size(), jobs_shown_max); ++at) {
    const auto& job = worker.jobs[at];
    json.begin_object().member("id", to_string(job.id)).member("type", job.type).member("attempt", job.attempts);
    if (job.started_at) json.member("startedAt", to_iso8601(*job.started_at));
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

Awaitable<net::Response> claim_jobs(Services& services, Call call) {
  auto claim = read_claim(call.request);
  if (!claim) co_return error_response(claim.error(), call.request);
  auto poll = std::make_shared<jobs::WorkerPoll>();
  if (call.request.connection) {
    call.request.connection->on_abort([weak = std::weak_ptr(poll)] {
      if (const auto waiting = weak.lock()) waiting->abandon();
    });
  }
  auto caller = call.caller();
  auto answer = co_await services.workers.claim(std::move(caller), std::move(*claim), std::move(poll));
  if (!answer) co_return error_response(answer.error(), call.request);
  co_return net::Response::json(200, claim_answer(*answer));
}

Awaitable<net::Response> settle_jobs(Services& services, Call call) {
  auto settles = read_settles(call.request);
  if (!settles) co_return error_response(settles.error(), call.request);
  auto caller = call.caller();
  const auto answers = co_await services.workers.settle(std::move(caller), std::move(*settles));
  co_return answers_response(answers);
}

Awaitable<net::Response> beat_jobs(Services& services, Call call) {
  auto beats = read_beats(call.request);
  if (!beats) co_return error_response(beats.error(), call.request);
  auto caller = call.caller();
  const auto answers = co_await services.workers.beat(std::move(caller), std::move(*beats));
  co_return answers_response(answers);
}

Awaitable<net::Response> leave_work(Services& services, Call call) {
  auto body = JsonBody::read(call.request);
  if (!body) co_return error_response(body.error(), call.request);
  auto worker = body->required_string("worker", "worker is required");
  if (auto failure = body->failure()) co_return error_response(*failure, call.request);
  auto caller = call.caller();
  const auto released = co_await services.workers.bye(std::move(caller), std::move(worker));
  JsonWriter json;
  json.begin_object().member("released", static_cast<std::int64_t>(released)).end_object();
  co_return net::Response::json(200, json.take());
}

Awaitable<net::Response> list_workers(Services& services, Call call) {
  const auto workers = services.workers.list(call.caller());
  if (!workers) co_return error_response(workers.error(), call.request);
  JsonWriter json;
  json.begin_object().member("status", "success").member("results", static_cast<std::int64_t>(workers->size()));
  json.key("data").begin_array();
  for (const auto& worker : *workers) write_worker(json, worker);
  co_return net::Response::json(200, json.end_array().end_object().take());
}

}  // namespace taskgate::api
