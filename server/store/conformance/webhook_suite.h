#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/system_job.h"
#include "jobs/webhook_store.h"
#include "store/conformance/engine.h"

namespace taskgate::conformance {

using namespace std::chrono_literals;
using namespace taskgate::jobs;

// One engine's webhooks, with the jobs that they are told of.
class WebhookEngine {
 public:
  virtual ~WebhookEngine() = default;
  virtual WebhookStore& webhooks() = 0;
  virtual JobStore& jobs() = 0;
  // Stops the engine and starts it again over what it has stored.
  virtual void reopen() = 0;
};

struct WebhookEngineMaker {
  std::string name;
  // The engine makes the ids of deliveries with the generator of the test.
  std::function<std::unique_ptr<WebhookEngine>(IdGenerator&)> make;
  friend std::ostream& operator<<(std::ostream& out, const WebhookEngineMaker& maker) { return out << maker.name; }
};

// What the tests of jobs::WebhookStore share.
class WebhookSuite : public ::testing::TestWithParam<WebhookEngineMaker> {
 protected:
  WebhookStore& store() { return engine_->webhooks(); }
  JobStore& jobs() { return engine_->jobs(); }
  void reopen() { engine_->reopen(); }
  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }

  Webhook make_webhook_of(const UserId& user) {
    Webhook webhook;
    webhook.id = ids_.next_job_id(now);
    webhook.user_id = user;
    webhook.url = "https://example.org/done";
    webhook.sealed_secret = "c2VhbGVk";
    webhook.created_at = now;
    webhook.updated_at = now;
    return webhook;
  }
  Webhook make_webhook() { return make_webhook_of(alice); }
  JobId create(Webhook webhook) {
    EXPECT_TRUE(run(store().create_webhook(webhook, webhooks_max)).has_value());
    return webhook.id;
  }
  JobId create() { return create(make_webhook()); }
  Webhook find(JobId id) { return run(store().find_webhook(std::nullopt, id)).value(); }
  Webhook change(JobId id, WebhookChange change) {
    return run(store().change_webhook(alice, id, std::move(change), now)).value();
  }
  Webhook note(JobId id, bool arrived) {
    DeliveryNote note{id, arrived, failures_max, "it does not answer"};
    return run(store().note_delivery(std::move(note), now)).value();
  }

  Job make_job(const UserId& user, std::string type = "report") {
    Job job;
    job.id = ids_.next_job_id(now);
    job.user_id = user;
    job.type = std::move(type);
    job.created_at = now;
    job.updated_at = now;
    return job;
  }
  Job make_job() { return make_job(alice); }
  JobId submit(Job job) {
    const JobId id = job.id;
    SubmitRequest request;
    request.submissions.push_back({std::move(job), UniquePolicy::return_existing});
    EXPECT_EQ(run(jobs().submit_all(std::move(request), now))->jobs.at(0).status, SubmitStatus::created);
    return id;
  }
  std::vector<Job> claim(TypeSelection types) {
    ClaimRequest request{"worker", std::move(types), 100};
    return run(jobs().claim(std::move(request), now)).jobs;
  }
  // Of users.
  Job claim_job() { return claim({{std::string(webhook_type)}, true}).at(0); }
  void settle(const Job& job, SettlementKind kind) {
    std::vector<Settlement> settlements;
    settlements.push_back({job.id, job.fence, kind, std::nullopt, std::nullopt, std::nullopt});
    EXPECT_EQ(run(jobs().settle(std::move(settlements), now)).at(0).status, SettleStatus::ok);
  }
  JobId end(Job job, SettlementKind kind = SettlementKind::complete) {
    const JobId id = submit(std::move(job));
    settle(claim_job(), kind);
    return id;
  }

  using Told = std::vector<std::pair<JobId, WebhookEvent>>;
  // What the deliveries tell of that wait, the oldest first; they are taken.
  Told take_deliveries(JobId webhook) {
    Told told;
    for (const Job& job : claim({{std::string(webhook_type)}})) {
      const auto what = delivery_of(job);
      EXPECT_TRUE(what && what->job);
      EXPECT_EQ(job.tags, std::vector{delivery_tag(what->webhook)});
      if (what->webhook == webhook) told.emplace_back(*what->job, what->event);
      settle(job, SettlementKind::complete);
    }
    return told;
  }

  static constexpr std::size_t webhooks_max = 3;
  static constexpr int failures_max = 2;

  Time now{1'767'225'600'000ms};
  const UserId alice{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  const UserId bob{{2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

 private:
  IdGenerator ids_;
  std::unique_ptr<WebhookEngine> engine_ = GetParam().make(ids_);
};

}  // namespace taskgate::conformance
