#include "store/sqlite/job_walk.h"

#include <gmock/gmock.h>

#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

// What the walk's cost depends on: that a page ends after a bounded number of rows, and that each list goes along the
// index it should.
class JobWalkTest : public StoreFixture {
 protected:
  static constexpr std::size_t examined_max = 10;
  JobWalkTest() {
    auto chosen = options();
    chosen.page_examined_max = examined_max;
    store_ = std::make_unique<SqliteStore>(chosen);
  }
  jobs::JobStore& store() { return store_->jobs(); }
  JobId submit_one(const UserId& owner, const std::string& type) {
    auto job = make_job();
    job.user_id = owner;
    job.type = type;
    const JobId id = job.id;
    std::vector<jobs::Job> one;
    one.push_back(std::move(job));
    (void)run(store().submit(std::move(one), now)).has_value();
    return id;
  }
  jobs::JobPage list(const jobs::JobFilter& filter, std::optional<JobId> before = std::nullopt,
                     jobs::Scope scope = {}) {
    return run(store().list(scope, filter, 100, before));
  }
  std::string plan(const jobs::Scope& scope, const jobs::JobFilter& filter, std::int64_t total) {
    Database database = connect();
    std::string steps;
    for (const auto& sql : JobWalk::statements(scope, filter, total, examined_max)) {
      Cursor row = database.statement("EXPLAIN QUERY PLAN " + sql)
                       .query(scope.user, nullptr, nullptr, nullptr, nullptr, nullptr, JobId{}, JobId{1});
      while (row.next()) steps += std::string(row.text(3)) + "; ";
    }
    return steps;
  }

  std::unique_ptr<SqliteStore> store_;
};

TEST_F(JobWalkTest, EndsAPageAfterSoManyRowsAndGoesOnFromThere) {
  const JobId rare = submit_one(user, "rare");
  for (int i = 0; i < 34; ++i) submit_one(user, "common");
  const jobs::JobFilter filter{{}, "rare"};
  int pages = 0;
  std::vector<JobId> seen;
  std::optional<JobId> before;
  do {
    const auto page = list(filter, before);
    for (const auto& job : page.jobs) seen.push_back(job.id);
    EXPECT_TRUE(!page.next || page.jobs.empty());
    before = page.next;
    ++pages;
  } while (before);
  EXPECT_THAT(seen, ::testing::ElementsAre(rare));
  EXPECT_EQ(pages, 4);
}

TEST_F(JobWalkTest, StopsWhenAllJobsOfTheStatusAreSeen) {
  for (int i = 0; i < 9; ++i) submit_one(user, "common");
  const JobId newest = submit_one(user, "common");
  (void)claim(*store_, 9);
  const auto page = list({jobs::JobStatus::pending});
  EXPECT_EQ(page.jobs.at(0).id, newest);
  EXPECT_FALSE(page.next);
}

TEST_F(JobWalkTest, FindsAFewJobsOfAUserAmongMany) {
  const UserId other{{9}};
  const JobId pending = submit_one(other, "mail");
  for (int i = 0; i < 40; ++i) submit_one(user, "mail");
  const auto page = list({jobs::JobStatus::pending}, std::nullopt, {other});
  ASSERT_EQ(page.jobs.size(), 1U);
  EXPECT_EQ(page.jobs[0].id, pending);
}

TEST_F(JobWalkTest, GoesAlongTheIndexOfTheFewest) {
  using jobs::JobStatus;
  const jobs::Scope own{user};
  EXPECT_THAT(plan({}, {}, 1'000'000), ::testing::StartsWith("SEARCH jobs USING INTEGER PRIMARY KEY"));
  EXPECT_THAT(plan(own, {}, 1'000'000), ::testing::HasSubstr("jobs_by_user (user_id=? AND id>? AND id<?)"));
  EXPECT_THAT(plan({}, {JobStatus::pending}, 1'000'000), ::testing::HasSubstr("jobs_live (id>? AND id<?)"));
  EXPECT_THAT(plan(own, {JobStatus::processing}, 1'000'000), ::testing::HasSubstr("jobs_live (id>? AND id<?)"));
  EXPECT_THAT(plan({}, {{JobStatus::failed, JobStatus::cancelled}}, 1'000'000),
              ::testing::HasSubstr("jobs_stopped (status=? AND id>? AND id<?)"));
  EXPECT_THAT(plan(own, {JobStatus::failed}, 1'000'000),
              ::testing::HasSubstr("jobs_stopped_by_user (user_id=? AND status=? AND id>? AND id<?)"));
  EXPECT_THAT(plan(own, {JobStatus::failed}, 5), ::testing::HasSubstr("jobs_by_user"));
  for (const auto& each : {plan({}, {}, 99), plan(own, {JobStatus::pending}, 99), plan({}, {JobStatus::failed}, 99),
                           plan(own, {{JobStatus::failed, JobStatus::pending}}, 99)}) {
    EXPECT_THAT(each, ::testing::Not(::testing::HasSubstr("B-TREE"))) << "sorted instead of walked";
  }
}

}  // namespace
}  // namespace taskgate::sqlite
