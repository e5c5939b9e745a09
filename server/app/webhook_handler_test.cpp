#include "app/webhook_handler.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "handlers/recording_context.h"
#include "handlers/request_signature.h"
#include "handlers/test_web_server.h"
#include "jobs/memory_webhook_store.h"

namespace taskgate::app {
namespace {

using handlers::TestWebServer;
using jobs::FailedAttempt;
using jobs::HandlerOutcome;
using jobs::Succeeded;
using testing::HasSubstr;

const std::string secret = "whsec_of_these_tests";

Awaitable<bool> say(bool answer) { co_return answer; }

class WebhookHandlerTest : public testing::Test {
 protected:
  void call(TestWebServer& server) { create(server.url()); }
  void create(std::string url) {
    jobs::Webhook webhook;
    webhook.id = ids.next_job_id(clock.now());
    webhook.user_id = UserId{{7}};
    webhook.url = std::move(url);
    webhook.sealed_secret = sealer.seal(secret, jobs::webhook_seal_context(webhook.id));
    id = webhook.id;
    run_to_completion(webhooks.create_webhook(webhook, 10));
  }
  jobs::Webhook stored() { return run_to_completion(webhooks.find_webhook(std::nullopt, id)).value(); }
  jobs::Job completed_job(std::string data = "{}") {
    jobs::Job job;
    job.id = ids.next_job_id(clock.now());
    job.user_id = UserId{{7}};
    job.type = "report";
    job.data = std::move(data);
    std::vector<jobs::Job> one{job};
    run_to_completion(queue.submit(std::move(one), clock.now()));
    return job;
  }
  jobs::Job delivery(jobs::WebhookEvent event = jobs::WebhookEvent::completed) {
    std::optional<JobId> about;
    if (event != jobs::WebhookEvent::test) about = completed_job().id;
    jobs::Job job = jobs::webhook_job(ids.next_job_id(clock.now()), {id, about, event}, clock.now());
    job.attempts = 1;
    return job;
  }
  HandlerOutcome run(jobs::Job job, bool allow_private = true) {
    if (!handler) {
      WebhookParts parts{webhooks, queue, pool, sealer, clock, [this](UserId) { return say(owner_enabled); }};
      parts.allow_private = allow_private;
      handler = webhook_handler(std::move(parts)).handler;
    }
    return handlers::run_handler(*handler, std::make_shared<handlers::RecordingContext>(std::move(job)));
  }
  FailedAttempt failure(jobs::Job job) { return std::get<FailedAttempt>(run(std::move(job))); }

  ManualClock clock;
  IdGenerator ids;
  Sealer sealer{"a data secret of thirty-two bytes"};
  jobs::MemoryJobStore queue;
  jobs::MemoryWebhookStore webhooks{queue, ids};
  WorkerPool pool{"webhook", 2, 2};
  std::shared_ptr<jobs::JobHandler> handler;
  bool owner_enabled = true;
  JobId id;
};

TEST_F(WebhookHandlerTest, PostsTheJobSignedWithTheWebhooksSecret) {
  TestWebServer server(TestWebServer::answer("204 No Content", ""));
  call(server);
  const jobs::Job job = delivery();
  EXPECT_TRUE(std::holds_alternative<Succeeded>(run(job)));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  const std::string body = requests[0].substr(requests[0].find("\r\n\r\n") + 4);
  EXPECT_THAT(requests[0], HasSubstr("X-Taskgate-Delivery: " + to_string(job.id)));
  EXPECT_THAT(requests[0], HasSubstr("X-Taskgate-Event: completed"));
  for (const auto& header : handlers::signature_headers(secret, body, clock.now())) {
    EXPECT_THAT(requests[0], HasSubstr(header));
  }
  const auto parsed = parse_json(body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at("event").as_string(), "completed");
  EXPECT_EQ(parsed->at("deliveryId").as_string(), to_string(job.id));
  EXPECT_EQ(parsed->at("job").at("type").as_string(), "report");
}

TEST_F(WebhookHandlerTest, AsksForARetryOfWhatMayPassAndGivesUpTheRest) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"500 Oops", true}, {"429 Slow", true}, {"404 No", false}, {"302 Found", false}};
  for (const auto& [status, retried] : cases) {
    TestWebServer server(TestWebServer::answer(status, "secret of the inside", "Location: http://example.org/\r\n"));
    call(server);
    const auto failed = failure(delivery());
    EXPECT_EQ(failed.retryable, retried) << status;
    EXPECT_THAT(failed.error, HasSubstr("HTTP " + status.substr(0, 3)));
    EXPECT_THAT(failed.error, testing::Not(HasSubstr("inside")));
    EXPECT_EQ(stored().failures, retried ? 0 : 1);
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST_F(WebhookHandlerTest, LeavesAnAddressThatFailsAloneForAWhile) {
  TestWebServer server(TestWebServer::answer("503 Later", ""));
  call(server);
  EXPECT_TRUE(failure(delivery()).retryable);
  const auto postponed = failure(delivery());
  EXPECT_TRUE(postponed.retryable);
  EXPECT_EQ(postponed.delay, std::chrono::seconds{5});
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(WebhookHandlerTest, DisablesAWebhookAfterManyDeliveriesWereGivenUp) {
  TestWebServer server(TestWebServer::answer("404 No", ""));
  call(server);
  for (int i = 0; i < webhook_failures_max; ++i) {
    EXPECT_FALSE(stored().disabled_reason);
    (void)run(delivery());
  }
  EXPECT_THAT(stored().disabled_reason.value(), HasSubstr("HTTP 404"));
  EXPECT_EQ(stored().disabled_at, clock.now());
  EXPECT_THAT(failure(delivery()).error, HasSubstr("disabled"));
  EXPECT_EQ(server.connections(), webhook_failures_max);
  // A test goes out all the same, and counts for nothing.
  EXPECT_THAT(failure(delivery(jobs::WebhookEvent::test)).error, HasSubstr("HTTP 404"));
  EXPECT_EQ(stored().failures, webhook_failures_max);
}

TEST_F(WebhookHandlerTest, DisablesAWebhookWhoseAddressIsGone) {
  TestWebServer server(TestWebServer::answer("410 Gone", ""));
  call(server);
  (void)run(delivery());
  EXPECT_THAT(stored().disabled_reason.value(), HasSubstr("410"));
}

TEST_F(WebhookHandlerTest, CountsAsGivenUpWhatWasTriedForADay) {
  TestWebServer server(TestWebServer::answer("500 Oops", ""));
  call(server);
  const jobs::Job job = delivery();
  clock.advance(jobs::webhook_tried_for - std::chrono::minutes{30});
  EXPECT_FALSE(failure(job).retryable);
  EXPECT_EQ(stored().failures, 1);
}

TEST_F(WebhookHandlerTest, ForgetsFailuresOnceADeliveryArrives) {
  TestWebServer server(TestWebServer::answer("200 OK", ""));
  call(server);
  run_to_completion(webhooks.note_delivery({id, false, 5, "no"}, clock.now()));
  EXPECT_TRUE(std::holds_alternative<Succeeded>(run(delivery())));
  EXPECT_EQ(stored().failures, 0);
}

TEST_F(WebhookHandlerTest, RefusesAddressesThatAreNotPublic) {
  TestWebServer server(TestWebServer::answer("200 OK", ""));
  create(server.url("localhost"));
  const auto failed = std::get<FailedAttempt>(run(delivery(), false));
  EXPECT_FALSE(failed.retryable);
  EXPECT_THAT(failed.error, HasSubstr("not public"));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(WebhookHandlerTest, SendsNothingForADeletedWebhookADisabledOwnerOrAnotherKey) {
  TestWebServer server(TestWebServer::answer("200 OK", ""));
  call(server);
  owner_enabled = false;
  EXPECT_THAT(failure(delivery()).error, HasSubstr("account"));
  owner_enabled = true;
  jobs::Webhook other = stored();
  other.id = ids.next_job_id(clock.now());  // sealed for another record
  run_to_completion(webhooks.create_webhook(other, 10));
  const JobId first = std::exchange(id, other.id);
  EXPECT_THAT(failure(delivery()).error, HasSubstr("unsealed"));
  id = first;
  const jobs::Job late = delivery();
  run_to_completion(webhooks.delete_webhook(UserId{{7}}, id));
  EXPECT_THAT(failure(late).error, HasSubstr("deleted"));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(WebhookHandlerTest, LeavesOutWhatWouldMakeTheBodyTooLarge) {
  create("https://example.org");
  const jobs::Job job = delivery();
  const auto what = jobs::delivery_of(job).value();
  jobs::Job about;
  about.data = "\"" + std::string(webhook_body_bytes_max, 'd') + "\"";
  about.result = "\"kept\"";
  const auto without_data = parse_json(webhook_body(job, what, about)).value();
  EXPECT_TRUE(without_data.at("job").at("data").is_null());
  EXPECT_EQ(without_data.at("job").at("result").as_string(), "kept");
  EXPECT_EQ(without_data.at("omitted").as_array().size(), 1u);
  about.result = "\"" + std::string(webhook_body_bytes_max, 'r') + "\"";
  const std::string without_both = webhook_body(job, what, about);
  EXPECT_LT(without_both.size(), webhook_body_bytes_max);
  EXPECT_EQ(parse_json(without_both)->at("omitted").as_array().size(), 2u);
  // Of a job that is not kept any more the end is told all the same.
  EXPECT_TRUE(parse_json(webhook_body(job, what, std::nullopt))->at("job").is_null());
}

}  // namespace
}  // namespace taskgate::app
