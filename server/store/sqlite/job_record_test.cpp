#include <array>

#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

class JobRecordRowsTest : public StoreFixture {};

TEST_F(JobRecordRowsTest, AreRemovedWithTheirJob) {
  const auto store = open();
  submit(*store);
  submit(*store);
  const auto claimed = claim(*store, 2);
  for (const jobs::Job& job : claimed) {
    ASSERT_TRUE(run(store->jobs().cancel({}, job.id, now)));
    ASSERT_TRUE(run(store->jobs().retry({}, job.id, now)));
  }
  for (const jobs::Job& job : claim(*store, 2)) {
    jobs::Beat beat{job.id, job.fence, std::nullopt, std::nullopt, std::nullopt};
    beat.checkpoint = "1";
    beat.log = {{"one"}, {"two"}};
    std::vector<jobs::Beat> beats;
    beats.push_back(std::move(beat));
    ASSERT_TRUE(run(store->jobs().beat(std::move(beats), now)).at(0));
  }
  ASSERT_TRUE(run(store->jobs().cancel({}, claimed.at(0).id, now)));
  Database database = connect();
  constexpr std::array tables = {"job_checkpoints", "job_log_lines", "job_notes"};
  for (const char* table : tables) {
    ASSERT_EQ(database.integer(fmt::format("SELECT count(DISTINCT job_id) FROM {}", table)), 2) << table;
  }
  now += std::chrono::hours{24 * 365};
  ASSERT_EQ(run(store->jobs().prune({}, {}, 100, now)).removed, 1u);
  for (const char* table : tables) {
    EXPECT_EQ(database.integer(fmt::format("SELECT count(DISTINCT job_id) FROM {}", table)), 1) << table;
    EXPECT_EQ(database.integer(fmt::format("SELECT count(*) FROM {} WHERE job_id NOT IN (SELECT id FROM jobs)", table)),
              0)
        << table;
  }
}

}  // namespace
}  // namespace taskgate::sqlite
