#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "store/sqlite/check.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

// What a program of each version has written: rows of the tables and columns that the version added.
const std::map<int, const char*> rows_of_version = {
    {1, R"sql(
INSERT INTO users VALUES (x'070707000000000000000000', 'ada@example.org', '$argon2id$ada', 'admin', 1, 0, 3, 1000, 2000);
INSERT INTO users VALUES (x'080808000000000000000000', 'bob@example.org', '$argon2id$bob', 'user', 0, 1, 0, 1001, 1001);
INSERT INTO one_time_tokens VALUES (x'0102', x'080808000000000000000000', 0, 'bob@example.org', 1767225600000);
INSERT INTO sessions VALUES (x'000102030405060708090a0b0c0d0e0f', x'070707000000000000000000', 7, 1, 2, 3,
  1767229200000, 1767229200000, NULL, 'Mozilla/5.0', '192.0.2.7');
INSERT INTO jobs (id, status, user_id, type, priority, run_at, lease_expires_at, completed_at, fence, revision,
  attempts, retries, max_retries, crashes, progress, created_at, updated_at, started_at, worker, progress_message,
  queue, tags, error, result, data) VALUES
  (1001, 0, x'070707000000000000000000', 'waiting', 2.5, NULL, NULL, NULL, 0, 1, 0, 0, 3, 0, 0, 10, 10, NULL, NULL, NULL,
   'slow', '["red","blue"]', NULL, NULL, '{"big":12345678901234567890}'),
  (1002, 1, x'070707000000000000000000', 'running', 0, NULL, 1767225700000, NULL, 2, 4, 2, 1, 3, 0, 40, 10, 20, 15, 'w1',
   'half way', NULL, NULL, 'no answer', NULL, NULL),
  (1003, 2, x'070707000000000000000000', 'done', 0, NULL, NULL, 30, 1, 2, 1, 0, 3, 0, 100, 10, 30, 15, 'w1', NULL, NULL,
   NULL, NULL, '{"sent":true}', '{}'),
  (1004, 3, x'070707000000000000000000', 'wrong', 0, NULL, NULL, 31, 1, 2, 1, 0, 0, 0, 0, 10, 31, 15, 'w1', NULL, NULL, NULL,
   'no such host', NULL, '{}'),
  (1005, 4, x'070707000000000000000000', 'stopped', 0, NULL, NULL, 32, 1, 2, 0, 0, 3, 0, 0, 10, 32, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, '{}');
INSERT INTO job_data VALUES (1002, '{"long":"text"}');
INSERT INTO job_attempts VALUES (1002, 1, 1, 'w1', 11, 12, 1, 'no answer'), (1004, 1, 1, 'w1', 15, 31, 1, 'no such host');
INSERT INTO job_counts VALUES (x'', 1, 1, 1, 1, 1), (x'070707000000000000000000', 1, 1, 1, 1, 1);
)sql"},
    {2, R"sql(
UPDATE jobs SET terms = '{"timeoutMs":5000,"dependsOn":["00000000000003ea"]}', blocked_by = 1 WHERE id = 1001;
)sql"},
    {3, R"sql(
INSERT INTO type_controls VALUES ('waiting', 0, 5, NULL, 10, 60000, 3, 1000);
INSERT INTO queue_controls VALUES ('slow', 1);
INSERT INTO user_controls VALUES (x'070707000000000000000000', 4, 2.0, 100);
)sql"},
    {4, R"sql(
UPDATE jobs SET terms = '{"uniqueKey":"report"}' WHERE id = 1002;
INSERT INTO job_unique_keys VALUES (x'070707000000000000000000', 'report', 1002, NULL);
INSERT INTO job_idempotency_keys VALUES (1, x'070707000000000000000000', 'again', x'00', 4102444800000, '{"data":1}');
)sql"},
    {5, R"sql(
INSERT INTO api_keys VALUES (x'0a', x'0f0e0d0c0b0a09080706050403020100', x'070707000000000000000000', 'ci', 3, 0, 5, NULL, 9);
)sql"},
    {11, R"sql(
INSERT INTO job_sealed VALUES (1001, 'c2VhbGVk');
)sql"},
    {12, R"sql(
INSERT INTO webhooks VALUES (7001, x'070707000000000000000000', 'https://example.org/done', 7, 'Report', NULL, 'c2VhbGVk', NULL,
  NULL, 0, 10, 10);
)sql"},
};

// Every row of every table, column by column; columns that a table has gained are left out.
using Rows = std::map<std::string, std::vector<std::string>>;
using Columns = std::map<std::string, std::string>;

Columns columns_of(Database& database) {
  Columns columns;
  Statement statement = database.prepare(
      "SELECT t.name, group_concat('quote(' || c.name || ')', '||'',''||') FROM sqlite_schema t, "
      "pragma_table_info(t.name) c WHERE t.type = 'table' GROUP BY t.name");
  Cursor row = statement.query();
  while (row.next()) columns[std::string(row.text(0))] = row.text(1);
  return columns;
}

Rows rows_of(Database& database, const Columns& columns) {
  Rows rows;
  for (const auto& [table, values] : columns) {
    Statement statement = database.prepare(fmt::format("SELECT {} FROM {} ORDER BY 1", values, table));
    Cursor row = statement.query();
    auto& texts = rows[table];
    while (row.next()) texts.emplace_back(row.text(0));
  }
  return rows;
}

class Upgrade : public StoreFixture, public ::testing::WithParamInterface<int> {
 protected:
  // The file as a program of that version left it.
  void write_file_of(int version) {
    std::filesystem::create_directories(folder());
    std::ofstream{file()};
    Database database = connect();
    for (int each = 1; each <= version; ++each) {
      migrate(database, each);
      const auto rows = rows_of_version.find(each);
      if (rows != rows_of_version.end()) database.execute(rows->second);
    }
    ASSERT_EQ(database.integer("PRAGMA user_version"), version);
  }
};

TEST_P(Upgrade, KeepsEveryRow) {
  write_file_of(GetParam());
  Columns columns;
  Rows before;
  {
    Database database = connect();
    columns = columns_of(database);
    before = rows_of(database, columns);
  }
  ASSERT_EQ(before.at("jobs").size(), 5u);
  (void)open();
  Database database = connect();
  EXPECT_EQ(database.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(rows_of(database, columns), before);
}

TEST_P(Upgrade, LeavesADatabaseThatKeepsItsPromises) {
  write_file_of(GetParam());
  (void)open();
  for (const auto& checked : check_database(folder(), now)) {
    EXPECT_EQ(checked.faults, 0) << checked.promise << ": " << ::testing::PrintToString(checked.examples);
  }
}

TEST_P(Upgrade, GoesOnWithTheWork) {
  write_file_of(GetParam());
  const auto store = open();
  EXPECT_EQ(counts(*store), (jobs::JobCounts{1, 1, 1, 1, 1}));
  EXPECT_TRUE(
      run(store->accounts().session_authority(SessionId{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}, now))
          ->live);
  const auto running = run(store->jobs().get({}, JobId{1002})).value();
  EXPECT_EQ(running.data, R"({"long":"text"})");
  EXPECT_EQ(run(store->jobs().attempts({}, JobId{1002}))->size(), 2u);
  EXPECT_EQ(complete(*store, running, now), jobs::SettleStatus::ok);
  run(store->jobs().control_queue("slow", {false}, now));
  const auto claimed = claim(*store, 10);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].id, JobId{1001});
  EXPECT_EQ(claimed[0].data, R"({"big":12345678901234567890})");
  EXPECT_EQ(claimed[0].tags, (std::vector<std::string>{"red", "blue"}));
  EXPECT_EQ(complete(*store, claimed[0], now), jobs::SettleStatus::ok);
}

INSTANTIATE_TEST_SUITE_P(FromVersion, Upgrade, ::testing::Range(1, schema_version() + 1));

}  // namespace
}  // namespace taskgate::sqlite
