#include "jobs/webhook_service.h"

#include <gmock/gmock.h>

#include "jobs/memory_webhook_store.h"
#include "jobs/system_job.h"

namespace taskgate::jobs {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class WebhookServiceTest : public testing::Test {
 protected:
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }
  Principal caller(std::uint8_t number) {
    Principal principal;
    principal.user_id.bytes[0] = number;
    return principal;
  }
  CreatedWebhook create() { return run(service.create(caller(1), {"https://example.org/"})).value(); }
  std::vector<std::string> fields_of(const Error& error) {
    std::vector<std::string> fields;
    for (const auto& fault : error.fields) fields.push_back(fault.field);
    return fields;
  }

  ManualClock clock;
  IdGenerator ids;
  Sealer sealer{"a data secret of thirty-two bytes"};
  MemoryJobStore queue;
  MemoryWebhookStore store{queue, ids};
  JobService jobs{queue, clock, ids};
  WebhookService service{
      store, queue, jobs, sealer, clock, ids, {1, 30, [](const std::string& url) {
                                                 return url.starts_with("https:")
                                                            ? std::nullopt
                                                            : std::optional<std::string>("must begin with https:");
                                               }}};
};

TEST_F(WebhookServiceTest, GivesTheSecretOnceAndKeepsItSealedForThisWebhookOnly) {
  const auto created = create();
  EXPECT_THAT(created.secret, StartsWith("whsec_"));
  const Webhook kept = run(service.get(caller(1), created.webhook.id)).value();
  EXPECT_EQ(kept.sealed_secret.find(created.secret), std::string::npos);
  EXPECT_EQ(sealer.open(kept.sealed_secret, webhook_seal_context(kept.id)), created.secret);
  EXPECT_FALSE(sealer.open(kept.sealed_secret, webhook_seal_context(JobId{1})));
}

TEST_F(WebhookServiceTest, NamesEveryFieldThatIsWrong) {
  const auto wrong = run(service.create(caller(1), {"", 0, "a\nb", std::string(65, 't')}));
  EXPECT_THAT(fields_of(wrong.error()), ElementsAre("url", "events", "type", "tag"));
  for (const std::string url : {"http://example.org", "https://example.org/ü", "https://example.org/too/long/for/it"}) {
    EXPECT_THAT(fields_of(run(service.create(caller(1), {url})).error()), ElementsAre("url")) << url;
  }
  WebhookChange change;
  change.events = std::uint8_t{8};
  const auto created = create();
  EXPECT_THAT(fields_of(run(service.change(caller(1), created.webhook.id, change)).error()), ElementsAre("events"));
}

TEST_F(WebhookServiceTest, IsForTheOwnerAlone) {
  const JobId id = create().webhook.id;
  Principal admin = caller(2);
  admin.role = Role::admin;
  EXPECT_EQ(run(service.get(admin, id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.change(admin, id, {})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.test(admin, id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.deliveries(admin, id, 10, std::nullopt)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(service.remove(admin, id)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(run(service.list(admin)).empty());
  EXPECT_EQ(run(service.create(caller(1), {"https://example.org/"})).error().reason, "too_many_webhooks");
  EXPECT_TRUE(run(service.remove(caller(1), id)));
}

TEST_F(WebhookServiceTest, MakesATestThatIsTriedOnceAndListedAmongTheDeliveries) {
  const JobId id = create().webhook.id;
  int woken = 0;
  jobs.work_available.connect([&woken] { ++woken; });
  const Job test = run(service.test(caller(1), id)).value();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(test.user_id, system_owner);
  EXPECT_EQ(test.max_retries, 0);
  EXPECT_FALSE(test.terms.retry_until);
  EXPECT_EQ(delivery_of(test)->event, WebhookEvent::test);
  const auto page = run(service.deliveries(caller(1), id, 10, std::nullopt)).value();
  ASSERT_EQ(page.jobs.size(), 1u);
  EXPECT_EQ(page.jobs[0].id, test.id);
}

TEST_F(WebhookServiceTest, ReadsNothingFromJobsThatAreNoDeliveries) {
  Job job = webhook_job(JobId{9}, {JobId{1}, JobId{2}, WebhookEvent::failed}, clock.now());
  EXPECT_EQ(delivery_of(job)->job, JobId{2});
  Job of_a_user = job;
  of_a_user.user_id.bytes[0] = 1;
  EXPECT_FALSE(delivery_of(of_a_user));
  for (const char* data : {"[]", "{}", R"({"webhookId":"0000000000000001","event":"failed"})",
                           R"({"webhookId":"0000000000000001","event":"other","jobId":"0000000000000002"})"}) {
    job.data = data;
    EXPECT_FALSE(delivery_of(job)) << data;
  }
}

}  // namespace
}  // namespace taskgate::jobs
