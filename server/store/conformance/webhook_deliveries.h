#pragma once

#include "store/conformance/webhook_suite.h"

namespace taskgate::conformance {

// What webhooks are told when jobs end.
class WebhookDeliveries : public WebhookSuite {
 protected:
  Told told(JobId job, WebhookEvent event) { return {{job, event}}; }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WebhookDeliveries);

TEST_P(WebhookDeliveries, TellOfEachEndOnce) {
  const JobId webhook = create();
  const JobId completed = end(make_job());
  EXPECT_EQ(take_deliveries(webhook), told(completed, WebhookEvent::completed));
  const JobId failed = end(make_job(), SettlementKind::fail);
  EXPECT_EQ(take_deliveries(webhook), told(failed, WebhookEvent::failed));
  const JobId cancelled = submit(make_job());
  ASSERT_TRUE(run(jobs().cancel({alice}, cancelled, now)));
  EXPECT_EQ(take_deliveries(webhook), told(cancelled, WebhookEvent::cancelled));
  EXPECT_EQ(take_deliveries(webhook), Told{});
}

TEST_P(WebhookDeliveries, SurviveARestart) {
  const JobId webhook = create();
  const JobId job = end(make_job());
  reopen();
  EXPECT_EQ(take_deliveries(webhook), told(job, WebhookEvent::completed));
  // Known after the restart, too.
  const JobId another = end(make_job());
  EXPECT_EQ(take_deliveries(webhook), told(another, WebhookEvent::completed));
}

TEST_P(WebhookDeliveries, TellOfJobsThatEndWithoutAWorker) {
  const JobId webhook = create();
  Job late = make_job();
  late.terms.expires_at = now + 1s;
  const JobId expired = submit(late);
  const JobId first = submit(make_job(alice, "other"));
  Job second = make_job();
  second.terms.depends_on = {first};
  const JobId dependent = submit(second);
  ASSERT_TRUE(run(jobs().cancel({alice}, first, now)));
  now += 2s;
  run(jobs().check_deadlines("own", 10, now));
  EXPECT_THAT(take_deliveries(webhook), ::testing::UnorderedElementsAre(std::pair(expired, WebhookEvent::failed),
                                                                        std::pair(first, WebhookEvent::cancelled),
                                                                        std::pair(dependent, WebhookEvent::failed)));
  Job third = make_job();
  third.terms.depends_on = {dependent};
  const JobId from_the_start = submit(third);
  EXPECT_EQ(take_deliveries(webhook), told(from_the_start, WebhookEvent::failed));
}

TEST_P(WebhookDeliveries, TellOfPoison) {
  const JobId webhook = create();
  const JobId job = submit(make_job());
  claim_job();
  now += 1h;
  run(jobs().reclaim_expired(0, now));
  EXPECT_EQ(take_deliveries(webhook), told(job, WebhookEvent::failed));
}

TEST_P(WebhookDeliveries, TellNothingOfJobsThatGoOn) {
  const JobId webhook = create();
  submit(make_job());
  settle(claim_job(), SettlementKind::retry);
  settle(claim_job(), SettlementKind::release);
  claim_job();
  EXPECT_EQ(take_deliveries(webhook), Told{});
}

TEST_P(WebhookDeliveries, TellAgainOfAJobThatIsRetriedByHandAndEndsAgain) {
  const JobId webhook = create();
  const JobId job = end(make_job(), SettlementKind::fail);
  ASSERT_TRUE(run(jobs().retry({alice}, job, now)));
  settle(claim_job(), SettlementKind::complete);
  EXPECT_EQ(take_deliveries(webhook), (Told{{job, WebhookEvent::failed}, {job, WebhookEvent::completed}}));
}

TEST_P(WebhookDeliveries, KeepToWhatTheWebhookAsksFor) {
  Webhook choosy = make_webhook();
  choosy.events = static_cast<std::uint8_t>(WebhookEvent::failed);
  choosy.type = "report";
  choosy.tag = "weekly";
  const JobId webhook = create(choosy);
  Job wanted = make_job();
  wanted.tags = {"daily", "weekly"};
  Job untagged = make_job();
  Job other = make_job(alice, "other");
  other.tags = {"weekly"};
  Job completed = make_job();
  completed.tags = {"weekly"};
  const JobId told_of = end(wanted, SettlementKind::fail);
  end(untagged, SettlementKind::fail);
  end(other, SettlementKind::fail);
  end(completed);
  EXPECT_EQ(take_deliveries(webhook), told(told_of, WebhookEvent::failed));
}

TEST_P(WebhookDeliveries, GoToEveryWebhookOfTheUserAndNobodyElses) {
  const JobId one = create();
  const JobId two = create();
  const JobId of_bob = create(make_webhook_of(bob));
  end(make_job());
  std::vector<JobId> told;
  for (const Job& job : claim({{std::string(webhook_type)}})) {
    EXPECT_EQ(job.user_id, system_owner);
    told.push_back(delivery_of(job)->webhook);
    // The end of a delivery is told to nobody.
    settle(job, SettlementKind::complete);
  }
  EXPECT_THAT(told, ::testing::UnorderedElementsAre(one, two));
  EXPECT_EQ(take_deliveries(of_bob), Told{});
}

TEST_P(WebhookDeliveries, StopWhenTheWebhookIsDisabledOrDeletedOrChanged) {
  const JobId webhook = create();
  WebhookChange disable;
  disable.enabled = false;
  change(webhook, disable);
  end(make_job());
  EXPECT_EQ(take_deliveries(webhook), Told{});
  WebhookChange enable;
  enable.enabled = true;
  enable.type = std::optional<std::string>{"other"};
  change(webhook, enable);
  end(make_job());
  EXPECT_EQ(take_deliveries(webhook), Told{});
  const JobId other = end(make_job(alice, "other"));
  EXPECT_EQ(take_deliveries(webhook), told(other, WebhookEvent::completed));
  run(store().delete_webhook(alice, webhook));
  end(make_job(alice, "other"));
  EXPECT_TRUE(claim({{std::string(webhook_type)}}).empty());
}

TEST_P(WebhookDeliveries, AreToldByTheStoreAndListedByTheirWebhook) {
  const JobId webhook = create();
  std::vector<JobId> followed;
  jobs().job_followed.connect([&followed](const Job& job) {
    if (job.type == webhook_type) followed.push_back(job.id);
  });
  end(make_job());
  EXPECT_EQ(followed.size(), 1u);
  JobFilter filter;
  filter.type = std::string(webhook_type);
  filter.tag = delivery_tag(webhook);
  const auto page = run(jobs().list({system_owner}, filter, 10, std::nullopt));
  ASSERT_EQ(page.jobs.size(), 1u);
  EXPECT_EQ(page.jobs[0].id, followed.at(0));
  filter.tag = delivery_tag(JobId{1});
  EXPECT_TRUE(run(jobs().list({system_owner}, filter, 10, std::nullopt)).jobs.empty());
}

}  // namespace taskgate::conformance
