#include "store/sqlite/check.h"

#include <gmock/gmock.h>

#include <fstream>

#include "jobs/system_job.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Checking : public StoreFixture {
 protected:
  void SetUp() override {
    accounts::User account;
    account.id = user;
    account.email = "ada@example.org";
    const auto store = open();
    run(store->accounts().create_user(account, std::nullopt, std::nullopt)).value();
    work(*store);
  }
  // One job in each state, with attempts, keys and dependencies.
  void work(SqliteStore& store) {
    jobs::SubmitRequest request;
    jobs::Job first = make_job();
    first.data = "\"" + std::string(5'000, 'x') + "\"";
    first.terms.unique_key = "report";
    jobs::Job last = make_job();
    last.terms.depends_on = {first.id};
    request.submissions.push_back({first, jobs::UniquePolicy::reject});
    request.submissions.push_back({last, jobs::UniquePolicy::reject});
    run(store.jobs().submit_all(std::move(request), now)).value();
    for (int i = 0; i < 4; ++i) submit(store);
    const auto claimed = claim(store, 5);
    ASSERT_EQ(claimed.size(), 5u);
    complete(store, claimed[1], now);
    std::vector<jobs::Settlement> more;
    more.push_back({claimed[2].id, claimed[2].fence, jobs::SettlementKind::fail, std::nullopt, "no", std::nullopt});
    more.push_back({claimed[3].id, claimed[3].fence, jobs::SettlementKind::release, std::nullopt, std::nullopt, now});
    run(store.jobs().settle(std::move(more), now));
    run(store.jobs().cancel({}, claimed[4].id, now)).value();
    run(store.jobs().retry({}, claimed[4].id, now)).value();
  }
  // A mail of the server's that waits, one that was given up, and a token that nobody got.
  void mail(SqliteStore& store) {
    for (int i = 0; i < 2; ++i) {
      std::vector<jobs::Job> one;
      one.push_back(jobs::mail_job(make_job().id, R"({"kind":"verification","to":"ada@example.org"})", "c2VhbGVk",
                                   now + std::chrono::hours{1}, now));
      ASSERT_TRUE(run(store.jobs().submit(std::move(one), now)).has_value());
    }
    jobs::ClaimRequest request;
    request.worker = "server";
    request.types.types = {std::string(jobs::mail_type)};
    const auto claimed = run(store.jobs().claim(request, now)).jobs;
    ASSERT_EQ(claimed.size(), 1U);
    std::vector<jobs::Settlement> given_up;
    given_up.push_back({claimed[0].id, claimed[0].fence, jobs::SettlementKind::fail, std::nullopt, "no", std::nullopt});
    run(store.jobs().settle(std::move(given_up), now));
    accounts::OneTimeToken token;
    token.email = "nobody@example.org";
    token.expires_at = now + std::chrono::hours{1};
    EXPECT_FALSE(run(store.accounts().replace_token(token, std::nullopt, now)));
  }
  std::vector<std::string> broken_promises() const {
    std::vector<std::string> broken;
    for (const auto& checked : check_database(folder(), now)) {
      if (checked.faults > 0) broken.push_back(checked.promise);
      EXPECT_EQ(checked.faults == 0, checked.examples.empty()) << checked.promise;
    }
    return broken;
  }
};

TEST_F(Checking, FindsNothingWhereAllIsWell) {
  EXPECT_THAT(broken_promises(), IsEmpty());
  const auto beside_a_server = open();
  EXPECT_THAT(broken_promises(), IsEmpty());
}

TEST_F(Checking, FindsNothingWrongWithTheServersOwnJobs) {
  {
    const auto store = open();
    mail(*store);
  }
  EXPECT_THAT(broken_promises(), IsEmpty());
  connect().execute("UPDATE job_counts SET failed = failed + 1 WHERE user_id = zeroblob(12)");
  EXPECT_THAT(broken_promises(), ElementsAre(HasSubstr("numbers of jobs")));
}

struct Damage {
  const char* sql;
  const char* promise;
};

class CheckingDamage : public Checking, public ::testing::WithParamInterface<Damage> {};

TEST_P(CheckingDamage, NamesThePromiseThatIsBroken) {
  connect().execute(GetParam().sql);
  EXPECT_THAT(broken_promises(), ElementsAre(HasSubstr(GetParam().promise)));
}

INSTANTIATE_TEST_SUITE_P(
    By, CheckingDamage,
    ::testing::Values(
        Damage{"UPDATE jobs SET completed_at = NULL WHERE status = 3", "have an end"},
        Damage{"UPDATE jobs SET lease_expires_at = NULL WHERE status = 1", "have a lease"},
        Damage{"UPDATE jobs SET blocked_by = 1 WHERE status = 2", "Only pending jobs wait"},
        Damage{"UPDATE jobs SET blocked_by = 0 WHERE blocked_by = 1", "count those that they wait for"},
        Damage{"UPDATE jobs SET terms = 'nonsense' WHERE status = 3", "terms of every job"},
        Damage{"DELETE FROM job_data", "has its data once"},
        Damage{"INSERT INTO job_data VALUES (5, '{}')", "Every row of job_data has its job"},
        Damage{"INSERT INTO job_attempts VALUES (5, 1, 1, 'w', 1, 2, 1, NULL)", "Every row of job_attempts"},
        Damage{"UPDATE job_attempts SET fence = 90 WHERE outcome = 1", "fence that its job has not reached"},
        Damage{"UPDATE jobs SET attempts = 0 WHERE status = 3", "more attempts than were started"},
        Damage{"DELETE FROM job_unique_keys", "Live jobs hold their unique keys"},
        Damage{"INSERT INTO job_unique_keys VALUES (x'070707000000000000000000', 'other', 5, NULL)",
               "held by jobs of their user"},
        Damage{"INSERT INTO api_keys VALUES (x'0a', x'0b', x'0c', 'ci', 1, 0, 5, NULL, NULL)", "API key has a user"},
        Damage{"INSERT INTO job_sealed SELECT id, 'x' FROM jobs WHERE status = 2 LIMIT 1", "carries sealed"},
        Damage{"UPDATE job_counts SET completed = 9 WHERE user_id = x''", "numbers of jobs"},
        Damage{"DELETE FROM job_counts WHERE user_id != x''", "numbers of jobs"}));

TEST_F(Checking, FindsTwoLiveJobsWithOneUniqueKey) {
  connect().execute(
      "UPDATE jobs SET terms = '{\"uniqueKey\":\"report\"}' WHERE id = (SELECT max(id) FROM jobs WHERE terms IS NULL "
      "AND "
      "status = 0)");
  EXPECT_THAT(broken_promises(), ::testing::Contains(HasSubstr("at most one is live")));
}

TEST_F(Checking, FindsADamagedFile) {
  {
    const auto store = open();
    for (int i = 0; i < 300; ++i) submit(*store);
  }
  const auto root = connect().integer("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs_by_user'");
  std::fstream broken(file(), std::ios::binary | std::ios::in | std::ios::out);
  broken.seekp((root - 1) * 4096);
  broken << std::string(100, 'x');
  broken.close();
  EXPECT_THAT(broken_promises(), ElementsAre(HasSubstr("integrity_check")));
}

TEST_F(Checking, CountsAnewWhenAsked) {
  connect().execute("UPDATE job_counts SET completed = 9; INSERT INTO job_counts VALUES (x'0102', 1, 0, 0, 0, 0)");
  EXPECT_THAT(broken_promises(), ElementsAre(HasSubstr("numbers of jobs")));
  repair_counts(folder());
  EXPECT_THAT(broken_promises(), IsEmpty());
  const auto server = open();
  EXPECT_THROW(repair_counts(folder()), std::runtime_error);
}

TEST_F(Checking, OfAnOlderSchemaSaysWhatToDo) {
  connect().execute("PRAGMA user_version = 1");
  try {
    (void)check_database(folder(), now);
    FAIL() << "checked";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("start the server once"));
  }
}

}  // namespace
}  // namespace taskgate::sqlite
