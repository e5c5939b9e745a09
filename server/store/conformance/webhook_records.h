#pragma once

#include "store/conformance/webhook_suite.h"

namespace taskgate::conformance {

class WebhookRecords : public WebhookSuite {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WebhookRecords);

TEST_P(WebhookRecords, AreKeptAsTheyWereGiven) {
  Webhook webhook = make_webhook();
  webhook.events = static_cast<std::uint8_t>(WebhookEvent::failed);
  webhook.type = "report";
  webhook.tag = "weekly";
  const JobId id = create(webhook);
  reopen();
  const Webhook kept = find(id);
  EXPECT_EQ(kept.user_id, alice);
  EXPECT_EQ(kept.url, webhook.url);
  EXPECT_EQ(kept.events, webhook.events);
  EXPECT_EQ(kept.type, "report");
  EXPECT_EQ(kept.tag, "weekly");
  EXPECT_EQ(kept.sealed_secret, "c2VhbGVk");
  EXPECT_FALSE(kept.disabled_reason);
  EXPECT_FALSE(kept.disabled_at);
  EXPECT_EQ(kept.failures, 0);
  EXPECT_EQ(kept.created_at, now);
}

TEST_P(WebhookRecords, AreListedForTheirUserTheNewestFirst) {
  const JobId older = create();
  const JobId newer = create();
  create(make_webhook_of(bob));
  std::vector<JobId> listed;
  for (const Webhook& webhook : run(store().list_webhooks(alice))) listed.push_back(webhook.id);
  EXPECT_EQ(listed, (std::vector{newer, older}));
}

TEST_P(WebhookRecords, AreRefusedWhenTheUserHasTooMany) {
  for (std::size_t i = 0; i < webhooks_max; ++i) create();
  const auto refused = run(store().create_webhook(make_webhook(), webhooks_max));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "too_many_webhooks");
  create(make_webhook_of(bob));
  EXPECT_TRUE(run(store().delete_webhook(alice, run(store().list_webhooks(alice)).front().id)));
  create();
}

TEST_P(WebhookRecords, AreNobodyElses) {
  const JobId id = create();
  EXPECT_EQ(run(store().find_webhook(bob, id)).error().code, ErrorCode::not_found);
  WebhookChange change;
  change.url = "https://example.com/";
  EXPECT_EQ(run(store().change_webhook(bob, id, change, now)).error().code, ErrorCode::not_found);
  EXPECT_FALSE(run(store().delete_webhook(bob, id)));
  EXPECT_EQ(find(id).url, "https://example.org/done");
  EXPECT_TRUE(run(store().delete_webhook(alice, id)));
  EXPECT_FALSE(run(store().delete_webhook(alice, id)));
  EXPECT_FALSE(run(store().find_webhook(std::nullopt, id)));
}

TEST_P(WebhookRecords, ChangeInWhatIsGiven) {
  Webhook webhook = make_webhook();
  webhook.type = "report";
  webhook.tag = "weekly";
  const JobId id = create(webhook);
  now += 1s;
  WebhookChange some;
  some.url = "https://example.com/";
  some.tag = std::optional<std::string>{};
  EXPECT_EQ(change(id, some).url, "https://example.com/");
  reopen();
  const Webhook changed = find(id);
  EXPECT_EQ(changed.url, "https://example.com/");
  EXPECT_EQ(changed.type, "report");
  EXPECT_FALSE(changed.tag);
  EXPECT_EQ(changed.updated_at, now);
  EXPECT_EQ(changed.created_at, now - 1s);
}

TEST_P(WebhookRecords, AreDisabledAfterFailuresInARowAndEnabledByHand) {
  const JobId id = create();
  EXPECT_EQ(note(id, false).failures, 1);
  EXPECT_EQ(note(id, true).failures, 0);
  note(id, false);
  now += 1s;
  const Webhook disabled = note(id, false);
  EXPECT_EQ(disabled.failures, failures_max);
  EXPECT_EQ(disabled.disabled_reason, "it does not answer");
  EXPECT_EQ(disabled.disabled_at, now);
  reopen();
  now += 1s;
  // What was on its way does not change when and why.
  EXPECT_EQ(note(id, false).disabled_at, now - 1s);
  WebhookChange enable;
  enable.enabled = true;
  change(id, enable);
  EXPECT_FALSE(find(id).disabled_reason);
  EXPECT_FALSE(find(id).disabled_at);
  EXPECT_EQ(find(id).failures, 0);
  WebhookChange disable;
  disable.enabled = false;
  EXPECT_EQ(change(id, disable).disabled_at, now);
  EXPECT_TRUE(find(id).disabled_reason);
}

TEST_P(WebhookRecords, ThatAreGoneTakeNoNotes) {
  const JobId id = create();
  run(store().delete_webhook(alice, id));
  EXPECT_FALSE(run(store().note_delivery({id, false, 1, "gone"}, now)));
}

}  // namespace taskgate::conformance
