#include "handlers/http_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "handlers/job_body.h"
#include "handlers/request_signature.h"
#include "handlers/text.h"

namespace taskgate::handlers {
namespace {

constexpr std::size_t quoted_bytes_max = 1'024;
constexpr std::chrono::seconds retry_after_max = std::chrono::hours{24};

class HttpHandler final : public jobs::JobHandler {
 public:
  HttpHandler(Endpoint endpoint, WorkerPool& pool, const Clock& clock)
      : endpoint_(std::move(endpoint)), pool_(pool), clock_(clock) {}

  Awaitable<jobs::HandlerOutcome> run(std::shared_ptr<jobs::JobContext> context) override {
    const auto stop = std::make_shared<StopSignal>();
    context->on_stop([stop] { stop->raise(); });
    auto work = [request = request_for(endpoint_, context->job(), clock_.now()), stop] { return post(request, *stop); };
    auto running = run_in<HttpAnswer>(pool_, std::move(work));
    auto answer = co_await std::move(running);
    context->on_stop({});
    if (!answer) answer.emplace().error = "No thread was free to send the request";
    co_return outcome_of(*answer);
  }

 private:
  Endpoint endpoint_;
  WorkerPool& pool_;
  const Clock& clock_;
};

bool is_retryable(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

std::string describe(const HttpAnswer& answer) {
  if (answer.address_refused) {
    return "The address is not public (loopback, private, link-local or reserved); \"allowPrivate\" permits it";
  }
  if (answer.status == 0) return "No answer: " + clean_text(answer.error);
  if (answer.status >= 300 && answer.status < 400) {
    return fmt::format("HTTP {}: redirects are not followed", answer.status);
  }
  const auto quoted = clean_text(std::string_view(answer.body).substr(0, quoted_bytes_max));
  return fmt::format("HTTP {}{}{}", answer.status, quoted.empty() ? "" : ": ", quoted);
}

}  // namespace

HttpPost request_for(const Endpoint& endpoint, const jobs::Job& job, Time now) {
  HttpPost request;
  request.url = endpoint.url;
  request.body = job_body(job);
  request.timeout = endpoint.timeout;
  request.allow_private = endpoint.allow_private;
  request.resolve = endpoint.resolve;
  request.headers = {
      "Content-Type: application/json",
      "Accept: application/json",
      "Expect:",  // the body is small enough to be sent at once
      fmt::format("X-Taskgate-Job: {}", to_string(job.id)),
      fmt::format("X-Taskgate-Attempt: {}", job.attempts),
  };
  for (auto& header : signature_headers(endpoint.secret, request.body, now)) {
    request.headers.push_back(std::move(header));
  }
  return request;
}

jobs::HandlerOutcome outcome_of(const HttpAnswer& answer) {
  const bool is_success = answer.status >= 200 && answer.status < 300;
  if (is_success && !answer.body_too_large) {
    jobs::Succeeded succeeded;
    succeeded.result = as_result(answer.body);
    return succeeded;
  }
  jobs::FailedAttempt failed;
  failed.error = is_success ? "The answer has more than 256 KiB" : describe(answer);
  failed.retryable = !answer.address_refused && (answer.status == 0 || is_retryable(answer.status));
  if (failed.retryable && answer.retry_after) failed.delay = std::min(*answer.retry_after, retry_after_max);
  return failed;
}

std::shared_ptr<jobs::JobHandler> make_http_handler(Endpoint endpoint, WorkerPool& pool, const Clock& clock) {
  return std::make_shared<HttpHandler>(std::move(endpoint), pool, clock);
}

}  // namespace taskgate::handlers
