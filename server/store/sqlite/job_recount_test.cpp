#include "store/sqlite/job_recount.h"

#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

class JobRecount : public StoreFixture {
 protected:
  JobRecount() {
    auto store = open();
    for (int i = 0; i < 3; ++i) submit(*store);
    const auto job = claim(*store).at(0);
    (void)complete(*store, job, now);
    (void)claim(*store);
  }
};

TEST_F(JobRecount, FindsNothingWhereAllIsWell) {
  Database database = connect();
  EXPECT_TRUE(find_count_differences(database).empty());
}

TEST_F(JobRecount, NamesAndMendsWhatIsWrong) {
  Database database = connect();
  database.execute("UPDATE job_counts SET completed = completed + 5 WHERE length(user_id) > 0");
  database.execute("INSERT INTO job_counts VALUES (x'010101010101010101010101', 1, 0, 0, 0, 0)");
  const auto differences = find_count_differences(database);
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[0].kept, (jobs::JobCounts{1, 0, 0, 0, 0}));
  EXPECT_EQ(differences[0].found, jobs::JobCounts{});
  EXPECT_EQ(differences[1].user, user);
  EXPECT_EQ(differences[1].kept.completed, 6);
  EXPECT_EQ(differences[1].found, (jobs::JobCounts{1, 1, 1, 0, 0}));
  EXPECT_EQ(recount_jobs(database).size(), 2U);
  EXPECT_TRUE(find_count_differences(database).empty());
}

TEST_F(JobRecount, HappensAtTheStartWhenTheLiveJobsAreNotAsCounted) {
  connect().execute("UPDATE job_counts SET pending = 70, completed = 2");
  const auto store = open();
  EXPECT_EQ(counts(*store), (jobs::JobCounts{1, 1, 1, 0, 0}));
  EXPECT_EQ(run(store->jobs().counts({user})), (jobs::JobCounts{1, 1, 1, 0, 0}));
}

}  // namespace
}  // namespace taskgate::sqlite
