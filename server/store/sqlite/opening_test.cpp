#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "store/sqlite/schema.h"
#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

using ::testing::HasSubstr;

class OpeningAStore : public StoreFixture {
 protected:
  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }
};

TEST_F(OpeningAStore, CreatesAFolderAndFilesForTheOwnerOnly) {
  const auto store = open();
  submit(*store);
  EXPECT_EQ(mode_of(folder()), 0700u);
  EXPECT_EQ(mode_of(file()), 0600u);
  EXPECT_EQ(mode_of(folder() / "taskgate.db-wal"), 0600u);
  EXPECT_EQ(mode_of(folder() / "taskgate.lock"), 0600u);
}

TEST_F(OpeningAStore, MarksTheFileAndItsSchema) {
  (void)open();
  Database database = connect();
  EXPECT_EQ(database.integer("PRAGMA application_id"), application_id);
  EXPECT_EQ(database.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(database.text("PRAGMA integrity_check"), "ok");
}

TEST_F(OpeningAStore, IsRefusedToASecondServer) {
  const auto store = open();
  EXPECT_THAT(refusal(options()),
              HasSubstr("Another Taskgate server is running on the data folder " + folder().string()));
  submit(*store);
}

TEST_F(OpeningAStore, WorksAgainOnceTheFirstServerHasStopped) {
  const auto store = open();
  const JobId id = submit(*store);
  store->stop();
  EXPECT_EQ(claim(*open()).at(0).id, id);
}

TEST_F(OpeningAStore, IsRefusedForAFileOfANewerVersion) {
  (void)open();
  connect().execute(fmt::format("PRAGMA user_version = {}", schema_version() + 1).c_str());
  EXPECT_THAT(refusal(options()), HasSubstr("was written by a newer Taskgate"));
  EXPECT_EQ(connect().integer("PRAGMA user_version"), schema_version() + 1);
}

TEST_F(OpeningAStore, IsRefusedForAFileThatIsNoDatabase) {
  std::filesystem::create_directories(folder());
  std::ofstream(file()) << std::string(5'000, 'x');
  EXPECT_THAT(refusal(options()), HasSubstr("is not a database"));
  EXPECT_EQ(std::filesystem::file_size(file()), 5'000u);
}

TEST_F(OpeningAStore, IsRefusedForTheDatabaseOfAnotherProgram) {
  std::filesystem::create_directories(folder());
  std::ofstream{file()};
  connect().execute("CREATE TABLE recipes (name TEXT)");
  EXPECT_THAT(refusal(options()), HasSubstr("is the database of another program"));
  EXPECT_EQ(connect().text("PRAGMA journal_mode"), "delete");
}

TEST_F(OpeningAStore, IsRefusedWhereTheFolderCannotBe) {
  std::ofstream(folder()) << "in the way";
  EXPECT_THAT(refusal(options()), HasSubstr("The data folder " + folder().string()));
  SqliteStoreOptions below = options();
  below.folder = folder() / "deeper";
  EXPECT_THAT(refusal(below), HasSubstr("cannot be created"));
}

TEST_F(OpeningAStore, LeavesAnUpToDateSchemaAlone) {
  submit(*open());
  const auto before = connect().text("SELECT group_concat(sql) FROM sqlite_schema");
  EXPECT_EQ(counts(*open()).pending, 1);
  EXPECT_EQ(connect().text("SELECT group_concat(sql) FROM sqlite_schema"), before);
}

class BesideAServer : public StoreFixture {
 protected:
  [[nodiscard]] SqliteStoreOptions beside() const {
    SqliteStoreOptions accounts = options();
    accounts.access = Access::accounts_only;
    return accounts;
  }
  accounts::User sign_up(SqliteStore& store) {
    accounts::User account;
    account.id = user;
    account.email = "ada@example.org";
    account.password_hash = "$argon2id$";
    return run(store.accounts().create_user(account, std::nullopt, std::nullopt)).value();
  }
  Role role(SqliteStore& store) { return run(store.accounts().session_authority(session_, now))->role; }
  void sign_in(SqliteStore& store) {
    accounts::Session session;
    session.id = session_;
    session.user_id = user;
    session.idle_expires_at = now + 1h;
    session.absolute_expires_at = now + 1h;
    run(store.accounts().create_session(session));
  }

 private:
  SessionId session_{{1}};
};

TEST_F(BesideAServer, ARoleSetByAnotherProgramIsSeenAtOnce) {
  const auto server = open();
  sign_up(*server);
  sign_in(*server);
  EXPECT_EQ(role(*server), Role::user);
  connect().execute("UPDATE users SET role = 'admin' WHERE email = 'ada@example.org'");
  EXPECT_EQ(role(*server), Role::admin);
  EXPECT_THROW(connect().execute("UPDATE users SET role = 'Admin'"), DatabaseError);
}

TEST_F(BesideAServer, AccountsCanBeChangedAndJobsRead) {
  const auto server = open();
  const JobId id = submit(*server);
  SqliteStore command_line(beside());
  sign_up(command_line);
  sign_in(*server);
  run(command_line.accounts().set_role(user, Role::admin, now)).value();
  EXPECT_EQ(role(*server), Role::admin);
  EXPECT_EQ(run(command_line.jobs().get({}, id))->type, "mail");
  EXPECT_THROW(submit(command_line), StoreFailure);
  EXPECT_EQ(claim(*server).at(0).id, id);
}

TEST_F(BesideAServer, AccountsCanBeMadeBeforeTheServerFirstStarts) {
  sign_up(*std::make_unique<SqliteStore>(beside()));
  EXPECT_TRUE(run(open()->accounts().find_user_by_email("ada@example.org")).has_value());
}

TEST_F(BesideAServer, AJobWhoseRowWasEditedByHandIsStillClaimedOnce) {
  const auto server = open();
  std::vector<jobs::Job> one;
  one.push_back(make_job());
  one.front().run_at = now + 1h;
  const JobId id = one.front().id;
  run(server->jobs().submit(std::move(one), now));
  connect().execute("UPDATE jobs SET run_at = NULL");
  ASSERT_TRUE(run(server->jobs().cancel({}, id, now)));
  ASSERT_TRUE(run(server->jobs().retry({}, id, now)));
  now += 2h;
  const auto claimed = claim(*server, 10);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed.front().id, id);
  EXPECT_TRUE(claim(*server, 10).empty());
}

TEST_F(BesideAServer, AnotherProgramsWriteIsWaitedFor) {
  const auto server = open();
  Database other = connect();
  other.execute("BEGIN IMMEDIATE");
  std::thread release([&other] {
    // As soon as the server's writer has begun to wait there is no telling; any order of the two is right.
    other.execute("COMMIT");
  });
  submit(*server);
  release.join();
  EXPECT_EQ(counts(*server).pending, 1);
}

TEST_F(BesideAServer, AWriteThatNeverEndsIsAFailureAndThenForgotten) {
  SqliteStoreOptions impatient = options();
  impatient.busy_timeout = 10ms;
  SqliteStore server(impatient);
  const JobId before = submit(server);
  Database other = connect();
  other.execute("BEGIN IMMEDIATE");
  EXPECT_THROW(submit(server), StoreFailure);
  EXPECT_FALSE(server.healthy());
  other.execute("ROLLBACK");
  EXPECT_EQ(claim(server).at(0).id, before);
  EXPECT_TRUE(server.healthy());
}

}  // namespace
}  // namespace taskgate::sqlite
