#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "jobs/memory_job_store.h"
#include "jobs/webhook_store.h"

namespace taskgate::jobs {

// A WebhookStore in memory beside a MemoryJobStore, for tests: the whole port, under the same conformance suite as the
// engines. Thread-safe.
class MemoryWebhookStore final : public WebhookStore {
 public:
  MemoryWebhookStore(MemoryJobStore& jobs, IdGenerator& ids) : ids_(ids) {
    jobs.follow_ends([this](const Job& ended, Time now) { return deliveries_for(ended, now); });
  }

  Awaitable<Result<void>> create_webhook(Webhook webhook, std::size_t webhooks_max) override {
    const std::lock_guard lock(mutex_);
    const auto same_user = [&webhook](const auto& each) { return each.second.user_id == webhook.user_id; };
    if (static_cast<std::size_t>(std::count_if(webhooks_.begin(), webhooks_.end(), same_user)) >= webhooks_max) {
      co_return too_many_webhooks(webhooks_max);
    }
    webhooks_.emplace(webhook.id, std::move(webhook));
    co_return Result<void>{};
  }

  Awaitable<std::vector<Webhook>> list_webhooks(UserId user) override {
    const std::lock_guard lock(mutex_);
    std::vector<Webhook> listed;
    for (auto each = webhooks_.rbegin(); each != webhooks_.rend(); ++each) {
      if (each->second.user_id == user) listed.push_back(each->second);
    }
    co_return listed;
  }

  Awaitable<Result<Webhook>> find_webhook(std::optional<UserId> user, JobId id) override {
    const std::lock_guard lock(mutex_);
    const Webhook* webhook = find(user, id);
    if (webhook == nullptr) co_return not_found("Webhook");
    co_return *webhook;
  }

  Awaitable<Result<Webhook>> change_webhook(UserId user, JobId id, WebhookChange change, Time now) override {
    const std::lock_guard lock(mutex_);
    Webhook* webhook = find(user, id);
    if (webhook == nullptr) co_return not_found("Webhook");
    apply(change, *webhook, now);
    co_return *webhook;
  }

  Awaitable<bool> delete_webhook(UserId user, JobId id) override {
    const std::lock_guard lock(mutex_);
    if (find(user, id) == nullptr) co_return false;
    webhooks_.erase(id);
    co_return true;
  }

  Awaitable<std::optional<Webhook>> note_delivery(DeliveryNote note, Time now) override {
    const std::lock_guard lock(mutex_);
    Webhook* webhook = find(std::nullopt, note.webhook);
    if (webhook == nullptr) co_return std::nullopt;
    (void)apply(note, *webhook, now);
    co_return *webhook;
  }

 private:
  Webhook* find(const std::optional<UserId>& user, JobId id) {
    const auto found = webhooks_.find(id);
    if (found == webhooks_.end() || (user && found->second.user_id != *user)) return nullptr;
    return &found->second;
  }
  std::vector<Job> deliveries_for(const Job& ended, Time now) {
    const std::lock_guard lock(mutex_);
    std::vector<Job> deliveries;
    for (const auto& [id, webhook] : webhooks_) {
      if (webhook.user_id != ended.user_id || !wants(webhook, ended)) continue;
      deliveries.push_back(webhook_job(ids_.next_job_id(now), {id, ended.id, *event_of(ended)}, now));
    }
    return deliveries;
  }

  IdGenerator& ids_;
  std::mutex mutex_;
  std::map<JobId, Webhook> webhooks_;
};

}  // namespace taskgate::jobs
