#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "jobs/webhook_store.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Rows of `webhooks`; on any connection. All throw DatabaseError.
[[nodiscard]] std::vector<jobs::Webhook> list_webhooks(Database& database, const UserId& user);
[[nodiscard]] std::optional<jobs::Webhook> find_webhook(Database& database, const std::optional<UserId>& user,
                                                        JobId id);

// The users who have webhooks, for the writer: the end of a job of anybody else costs one look-up here. It may name
// users who had some and have none any more, so that no transaction that is undone can make it wrong.
class WebhookUsers {
 public:
  void rebuild(Database& database);
  void add(const UserId& user) { users_.insert(user); }
  [[nodiscard]] bool may_have(const UserId& user) const { return users_.contains(user); }

 private:
  std::set<UserId> users_;
};

}  // namespace taskgate::sqlite
