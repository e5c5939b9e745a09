#pragma once

#include "store/conformance/account_suite.h"
#include "store/conformance/parallel.h"

namespace taskgate::conformance {

class AccountKeys : public AccountSuite {
 protected:
  struct Kept {
    ApiKey key;
    Sha256Digest hash;
  };
  Kept make_key(const User& user, std::string name = "render box") {
    Kept kept;
    kept.key.id = ids_.next_api_key_id();
    kept.key.user_id = user.id;
    kept.key.name = std::move(name);
    kept.key.scopes.add(KeyScope::worker);
    kept.key.scopes.add(KeyScope::jobs_read);
    kept.key.created_at = now;
    kept.hash = sha256(to_string(kept.key.id));
    return kept;
  }
  Kept create_key(const User& user) {
    Kept kept = make_key(user);
    EXPECT_TRUE(run(store().create_api_key(kept.key, kept.hash, 100)));
    return kept;
  }
  bool exists(const Kept& kept) { return run(store().api_key_authority(kept.hash)).has_value(); }

 private:
  IdGenerator ids_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AccountKeys);

TEST_P(AccountKeys, CarryTheAuthorityOfTheirUser) {
  const User user = create_user();
  Kept kept = make_key(user);
  kept.key.all_users = true;
  kept.key.expires_at = now + 1h;
  ASSERT_TRUE(run(store().create_api_key(kept.key, kept.hash, 100)));
  run(store().set_role(user.id, Role::admin, now));
  reopen();
  const auto authority = run(store().api_key_authority(kept.hash));
  ASSERT_TRUE(authority);
  EXPECT_EQ(authority->user_id, user.id);
  EXPECT_EQ(authority->email, user.email);
  EXPECT_EQ(authority->role, Role::admin);
  EXPECT_FALSE(authority->disabled);
  ASSERT_TRUE(authority->key);
  EXPECT_EQ(authority->key->id, kept.key.id);
  EXPECT_EQ(authority->key->user_id, user.id);
  EXPECT_EQ(authority->key->name, "render box");
  EXPECT_EQ(authority->key->scopes, kept.key.scopes);
  EXPECT_TRUE(authority->key->all_users);
  EXPECT_EQ(authority->key->created_at, now);
  EXPECT_EQ(authority->key->expires_at, now + 1h);
  EXPECT_FALSE(authority->key->last_used_at);
  EXPECT_FALSE(run(store().api_key_authority(sha256("another"))));
}

TEST_P(AccountKeys, BelongToAUserWhoMayHaveThem) {
  User nobody = make_user("nobody@example.org");
  const Kept orphan = make_key(nobody);
  EXPECT_EQ(run(store().create_api_key(orphan.key, orphan.hash, 100)).error().code, ErrorCode::not_found);
  const User user = create_user();
  run(store().set_disabled(user.id, true, now));
  const Kept refused = make_key(user);
  EXPECT_EQ(run(store().create_api_key(refused.key, refused.hash, 100)).error().code, ErrorCode::not_found);
  EXPECT_FALSE(exists(refused));
}

TEST_P(AccountKeys, AreNoMoreThanAllowedEvenWhenMadeAtTheSameTime) {
  const User user = create_user();
  std::vector<Awaitable<Result<void>>> creations;
  for (int i = 0; i < 8; ++i) {
    const Kept kept = make_key(user);
    creations.push_back(store().create_api_key(kept.key, kept.hash, 3));
  }
  int made = 0;
  for (const auto& each : run_in_parallel(std::move(creations))) {
    if (each) {
      ++made;
    } else {
      EXPECT_EQ(each.error().reason, "too_many_keys");
    }
  }
  EXPECT_EQ(made, 3);
  EXPECT_EQ(run(store().list_api_keys(user.id)).size(), 3u);
}

TEST_P(AccountKeys, AreListedTheNewestFirst) {
  const User user = create_user();
  const Kept first = create_key(user);
  now += 1s;
  const Kept second = create_key(user);
  create_key(create_user("bob@example.org"));
  const auto keys = run(store().list_api_keys(user.id));
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].id, second.key.id);
  EXPECT_EQ(keys[1].id, first.key.id);
}

TEST_P(AccountKeys, AreDeletedByTheirOwnerOnly) {
  const User user = create_user();
  const User other = create_user("bob@example.org");
  const Kept kept = create_key(user);
  EXPECT_FALSE(run(store().delete_api_key(other.id, kept.key.id)));
  EXPECT_TRUE(exists(kept));
  EXPECT_TRUE(run(store().delete_api_key(user.id, kept.key.id)));
  EXPECT_FALSE(run(store().delete_api_key(user.id, kept.key.id)));
  reopen();
  EXPECT_FALSE(exists(kept));
}

TEST_P(AccountKeys, AreGoneOnceTheirUserWasDisabled) {
  const User user = create_user();
  const Kept kept = create_key(user);
  const Kept of_another = create_key(create_user("bob@example.org"));
  run(store().set_disabled(user.id, true, now));
  EXPECT_FALSE(exists(kept));
  run(store().set_disabled(user.id, false, now));
  EXPECT_FALSE(exists(kept));
  EXPECT_TRUE(exists(of_another));
}

TEST_P(AccountKeys, RememberWhenTheyWereUsed) {
  const User user = create_user();
  const Kept kept = create_key(user);
  now += 5min;
  run(store().touch_api_key(kept.key.id, now));
  run(store().touch_api_key(ApiKeyId{}, now));
  reopen();
  EXPECT_EQ(run(store().list_api_keys(user.id)).at(0).last_used_at, now);
}

TEST_P(AccountKeys, AreForgottenAfterTheyExpired) {
  const User user = create_user();
  const Kept lasting = create_key(user);
  Kept brief = make_key(user);
  brief.key.expires_at = now + 1h;
  ASSERT_TRUE(run(store().create_api_key(brief.key, brief.hash, 100)));
  EXPECT_EQ(run(store().prune(now + 1h, 100)), 0u);
  EXPECT_EQ(run(store().prune(now + 1h + 1ms, 100)), 1u);
  EXPECT_FALSE(exists(brief));
  EXPECT_TRUE(exists(lasting));
}

}  // namespace taskgate::conformance
