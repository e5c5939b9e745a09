#include "accounts/api_key.h"

#include <gtest/gtest.h>

#include <set>

#include "accounts/account_fixture.h"

namespace taskgate::accounts {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ApiKeyText, IsRecognisedAndChecked) {
  const std::string key = make_api_key();
  EXPECT_EQ(key.size(), 50U);
  EXPECT_TRUE(key.starts_with("tg_"));
  EXPECT_EQ(hash_of_api_key(key), sha256(key));
  EXPECT_NE(make_api_key(), key);
}

TEST(ApiKeyText, RefusesEverySingleWrongCharacter) {
  const std::string key = make_api_key();
  for (std::size_t place = 0; place < key.size(); ++place) {
    std::string typo = key;
    typo[place] = typo[place] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(hash_of_api_key(typo)) << place;
  }
  EXPECT_FALSE(hash_of_api_key(key + "A"));
  EXPECT_FALSE(hash_of_api_key(key.substr(0, 49)));
  EXPECT_FALSE(hash_of_api_key(""));
}

TEST(ApiKeyText, SpellsScopes) {
  for (const auto* name : {"jobs:read", "jobs:write", "worker", "admin"})
    EXPECT_EQ(to_string(*parse_key_scope(name)), name);
  EXPECT_FALSE(parse_key_scope("none"));
  EXPECT_FALSE(parse_key_scope("Jobs:read"));
}

class ApiKeys : public AccountFixture {
 protected:
  // Who `address` is when signed in.
  Principal caller(const std::string& address = email) { return *authenticate(log_in(address)->access_token); }
  static NewApiKey wanted(std::vector<std::string> scopes, std::string name = "render box") {
    NewApiKey key;
    key.name = std::move(name);
    key.scopes = std::move(scopes);
    return key;
  }
  Result<CreatedApiKey> create(const Principal& who, NewApiKey key) {
    return run(service->create_api_key(who, std::move(key)));
  }
  std::string refused_field(const Principal& who, NewApiKey key) {
    const auto created = create(who, std::move(key));
    if (created) return "accepted";
    return created.error().fields.empty() ? created.error().reason : created.error().fields.at(0).field;
  }
};

TEST_F(ApiKeys, StandForTheirOwnerWithinTheirScopes) {
  const User ada = add_user();
  const auto created = create(caller(), wanted({"worker", "jobs:read"}));
  ASSERT_TRUE(created);
  EXPECT_EQ(created->key.name, "render box");
  const auto principal = authenticate(created->secret);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->user_id, ada.id);
  EXPECT_EQ(principal->role, Role::user);
  ASSERT_TRUE(principal->key);
  EXPECT_EQ(principal->key->id, created->key.id);
  EXPECT_TRUE(principal->key->scopes.has(KeyScope::worker));
  EXPECT_TRUE(principal->key->scopes.has(KeyScope::jobs_read));
  EXPECT_FALSE(principal->key->scopes.has(KeyScope::jobs_write));
  EXPECT_FALSE(principal->key->all_users);
}

TEST_F(ApiKeys, AreRefusedWhenUnknownOrMistyped) {
  add_user();
  EXPECT_EQ(reason(authenticate(make_api_key())), "invalid_token");
  auto created = create(caller(), wanted({"worker"}));
  created->secret.back() = created->secret.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(reason(authenticate(created->secret)), "invalid_token");
}

TEST_F(ApiKeys, AreCheckedBeforeTheyAreMade) {
  add_user();
  const Principal ada = caller();
  EXPECT_EQ(refused_field(ada, wanted({"worker"}, "")), "name");
  EXPECT_EQ(refused_field(ada, wanted({"worker"}, std::string(65, 'x'))), "name");
  EXPECT_EQ(refused_field(ada, wanted({"worker"}, "a\nb")), "name");
  EXPECT_EQ(refused_field(ada, wanted({})), "scopes");
  EXPECT_EQ(refused_field(ada, wanted({"jobs"})), "scopes");
  EXPECT_EQ(refused_field(ada, wanted({"admin"})), "scopes");
  NewApiKey everybody = wanted({"worker"});
  everybody.all_users = true;
  EXPECT_EQ(refused_field(ada, everybody), "allUsers");
  NewApiKey brief = wanted({"worker"});
  brief.expires_in = milliseconds{0};
  EXPECT_EQ(refused_field(ada, brief), "expiresInMs");
}

TEST_F(ApiKeys, OfAdminsMayServeEverybodyWhileTheyAreAdmins) {
  add_user(email, Role::admin);
  NewApiKey everybody = wanted({"worker"});
  everybody.all_users = true;
  const auto worker = create(caller(), everybody);
  const auto admin = create(caller(), wanted({"admin"}));
  ASSERT_TRUE(worker);
  ASSERT_TRUE(admin);
  EXPECT_TRUE(authenticate(worker->secret)->key->all_users);
  EXPECT_EQ(authenticate(worker->secret)->role, Role::user);  // a stolen worker's key opens no admin route
  EXPECT_EQ(authenticate(admin->secret)->role, Role::admin);

  ASSERT_TRUE(run(service->set_role(email, Role::user)));
  EXPECT_FALSE(authenticate(worker->secret)->key->all_users);
  EXPECT_EQ(authenticate(admin->secret)->role, Role::user);
}

TEST_F(ApiKeys, ForEverybodyAreWorkersOnly) {
  add_user(email, Role::admin);
  NewApiKey everybody = wanted({"jobs:read"});
  everybody.all_users = true;
  EXPECT_EQ(refused_field(caller(), everybody), "allUsers");
}

TEST_F(ApiKeys, Expire) {
  add_user();
  NewApiKey brief = wanted({"worker"});
  brief.expires_in = hours{1};
  const auto created = create(caller(), brief);
  EXPECT_EQ(created->key.expires_at, clock.now() + hours{1});
  EXPECT_EQ(authenticate(created->secret)->expires_at, clock.now() + hours{1});
  clock.advance(hours{1} - milliseconds{1});
  EXPECT_TRUE(authenticate(created->secret));
  clock.advance(milliseconds{1});
  EXPECT_EQ(reason(authenticate(created->secret)), "invalid_token");
}

TEST_F(ApiKeys, DieAtOnceWhenDeleted) {
  add_user();
  add_user("eve@example.com");
  const auto created = create(caller(), wanted({"worker"}));
  std::vector<ApiKeyId> told;
  service->api_key_ended.connect([&told](const ApiKeyId& id) { told.push_back(id); });
  ASSERT_TRUE(authenticate(created->secret));
  EXPECT_EQ(reason(run(service->delete_api_key(caller("eve@example.com"), created->key.id))), "not_found");
  ASSERT_TRUE(authenticate(created->secret));
  ASSERT_TRUE(run(service->delete_api_key(caller(), created->key.id)));
  EXPECT_EQ(reason(authenticate(created->secret)), "invalid_token");
  EXPECT_EQ(told, std::vector<ApiKeyId>{created->key.id});
  EXPECT_EQ(reason(run(service->delete_api_key(caller(), created->key.id))), "not_found");
  EXPECT_TRUE(run(service->list_api_keys(caller())).empty());
}

TEST_F(ApiKeys, DieWithTheAccountsDisablingForGood) {
  add_user();
  const auto created = create(caller(), wanted({"worker"}));
  ASSERT_TRUE(authenticate(created->secret));
  ASSERT_TRUE(run(service->set_disabled(email, true)));
  EXPECT_EQ(reason(authenticate(created->secret)), "invalid_token");
  ASSERT_TRUE(run(service->set_disabled(email, false)));
  EXPECT_EQ(reason(authenticate(created->secret)), "invalid_token");
}

TEST_F(ApiKeys, DieWithinTwoSecondsWhenDeletedBySomebodyElse) {
  add_user();
  const auto created = create(caller(), wanted({"worker"}));
  ASSERT_TRUE(authenticate(created->secret));
  ASSERT_TRUE(run(store.delete_api_key(created->key.user_id, created->key.id)));
  clock.advance(seconds{2});
  EXPECT_EQ(reason(authenticate(created->secret)), "invalid_token");
}

TEST_F(ApiKeys, RememberTheMinuteTheyWereUsed) {
  add_user();
  const auto created = create(caller(), wanted({"worker"}));
  EXPECT_FALSE(run(service->list_api_keys(caller())).at(0).last_used_at);
  ASSERT_TRUE(authenticate(created->secret));
  const Time first = clock.now();
  EXPECT_EQ(run(service->list_api_keys(caller())).at(0).last_used_at, first);
  clock.advance(seconds{59});
  ASSERT_TRUE(authenticate(created->secret));
  EXPECT_EQ(run(service->list_api_keys(caller())).at(0).last_used_at, first);
  clock.advance(seconds{1});
  ASSERT_TRUE(authenticate(created->secret));
  EXPECT_EQ(run(service->list_api_keys(caller())).at(0).last_used_at, clock.now());
}

TEST_F(ApiKeys, AskTheStoreOncePerTwoSeconds) {
  add_user();
  const auto created = create(caller(), wanted({"worker"}));
  ASSERT_TRUE(authenticate(created->secret));
  const int before = store.authority_reads();
  for (int request = 0; request < 10; ++request) ASSERT_TRUE(authenticate(created->secret));
  EXPECT_EQ(store.authority_reads(), before);
  clock.advance(seconds{2});
  ASSERT_TRUE(authenticate(created->secret));
  EXPECT_EQ(store.authority_reads(), before + 1);
}

TEST_F(ApiKeys, AreMadeAndDeletedInSessionsOnly) {
  add_user();
  const auto created = create(caller(), wanted({"worker"}));
  const Principal key = *authenticate(created->secret);
  EXPECT_EQ(refused_field(key, wanted({"worker"})), "insufficient_scope");
  EXPECT_EQ(reason(run(service->delete_api_key(key, created->key.id))), "insufficient_scope");
}

}  // namespace
}  // namespace taskgate::accounts
