#include "store/sqlite/backup.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "store/sqlite/schema.h"
#include "store/sqlite/store_fixture.h"

namespace taskgate::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Backups : public StoreFixture {
 protected:
  [[nodiscard]] std::filesystem::path backup_file() const { return folder().parent_path() / "taskgate.backup"; }
  BackupReport make(bool replace = false, bool with_secrets = true) {
    return back_up({folder(), backup_file(), replace, with_secrets});
  }
  void write(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  static std::string read(const std::filesystem::path& path) {
    std::ifstream input(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  }
  static Database::Options read_only() {
    Database::Options options;
    options.read_only = true;
    return options;
  }
  [[nodiscard]] std::vector<std::string> files_beside() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder().parent_path()))
      names.push_back(entry.path().filename());
    return names;
  }
  template <class Act>
  static std::string refusal_of(Act act) {
    try {
      act();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "done";
  }
};

TEST_F(Backups, HoldWhatWasStoredBesideARunningServer) {
  const auto store = open();
  const JobId id = submit(*store);
  write(folder() / "jwt_secret", "a secret\n");
  const auto report = make();
  EXPECT_EQ(report.schema, schema_version());
  EXPECT_EQ(report.secrets, std::vector<std::string>{"jwt_secret"});
  submit(*store);
  store->stop();
  std::filesystem::remove_all(folder());

  const auto restored = restore(folder(), backup_file());
  EXPECT_TRUE(restored.former.empty());
  EXPECT_EQ(read(folder() / "jwt_secret"), "a secret\n");
  const auto again = open();
  EXPECT_EQ(counts(*again).pending, 1);
  EXPECT_EQ(claim(*again).at(0).id, id);
  EXPECT_EQ(connect().integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'backup%'"), 0);
}

TEST_F(Backups, AreOneFileForTheOwnerOnly) {
  const auto store = open();
  make();
  struct stat status {};
  ASSERT_EQ(::stat(backup_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(files_beside(), ::testing::UnorderedElementsAre("data", "taskgate.backup"));
  EXPECT_EQ(Database(backup_file(), read_only()).text("PRAGMA journal_mode"), "delete");
}

TEST_F(Backups, MayLeaveTheSecretsOut) {
  (void)open();
  write(folder() / "jwt_secret", "a secret\n");
  EXPECT_THAT(make(false, false).secrets, IsEmpty());
  EXPECT_THAT(read(backup_file()), ::testing::Not(HasSubstr("a secret")));
  restore(folder(), backup_file());
  EXPECT_EQ(read(folder() / "jwt_secret"), "a secret\n") << "the folder keeps its own";
}

TEST_F(Backups, AreOfOneMomentWhileTheServerWrites) {
  const auto store = open();
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (!stop) {
      // Two jobs in one transaction: a backup has both or neither.
      std::vector<jobs::Job> two = {make_job(), make_job()};
      run(store->jobs().submit(std::move(two), now));
      ++written;
    }
  });
  while (written < 5) std::this_thread::yield();
  for (int i = 0; i < 5; ++i) {
    const int before = written;
    make(true);
    Database copy(backup_file(), read_only());
    const auto jobs = copy.integer("SELECT count(*) FROM jobs");
    EXPECT_EQ(jobs % 2, 0);
    EXPECT_GE(jobs, 2 * before);
    EXPECT_EQ(copy.integer("SELECT pending FROM job_counts WHERE user_id = x''"), jobs);
  }
  stop = true;
  writer.join();
}

TEST_F(Backups, ReplaceAFileOnlyWhenAsked) {
  (void)open();
  write(backup_file(), "precious");
  EXPECT_THAT(refusal_of([&] { make(); }), HasSubstr("exists already"));
  EXPECT_EQ(read(backup_file()), "precious");
  make(true);
  EXPECT_EQ(Database(backup_file(), read_only()).integer("PRAGMA application_id"), application_id);
}

TEST_F(Backups, OfADamagedDatabaseAreNotMade) {
  const auto store = open();
  for (int i = 0; i < 200; ++i) submit(*store);
  store->stop();
  std::fstream broken(file(), std::ios::binary | std::ios::in | std::ios::out);
  broken.seekp(4096 * 2);
  broken << std::string(4096, 'x');
  broken.close();
  EXPECT_THAT(refusal_of([&] { make(); }), ::testing::AnyOf(HasSubstr("damaged"), HasSubstr("malformed")));
  EXPECT_THAT(files_beside(), ::testing::ElementsAre("data"));
}

TEST_F(Backups, AreNotMadeOfAFolderWithoutADatabaseAndMakeNone) {
  EXPECT_THAT(refusal_of([&] { make(); }), HasSubstr("There is no database in"));
  EXPECT_THAT(files_beside(), IsEmpty());
}

TEST_F(Backups, AreNotRestoredUnderARunningServer) {
  const auto store = open();
  make();
  const JobId id = submit(*store);
  EXPECT_THAT(refusal_of([&] { restore(folder(), backup_file()); }), HasSubstr("is running on the data folder"));
  EXPECT_EQ(claim(*store).at(0).id, id);
}

TEST_F(Backups, PutTheFormerFilesAside) {
  submit(*open());
  write(folder() / "jwt_secret", "old\n");
  make();
  write(folder() / "jwt_secret", "new\n");
  submit(*open());
  const auto restored = restore(folder(), backup_file());
  EXPECT_EQ(counts(*open()).pending, 1);
  EXPECT_EQ(read(folder() / "jwt_secret"), "old\n");
  EXPECT_EQ(read(restored.former / "jwt_secret"), "new\n");
  EXPECT_EQ(Database(restored.former / "taskgate.db", {}).integer("SELECT count(*) FROM jobs"), 2);
}

TEST_F(Backups, NeverMeetTheLogOfTheFormerDatabase) {
  {
    const auto store = open();
    submit(*store);
    make();
    submit(*store);
    // As after a kill -9: the log is still there.
    std::filesystem::copy_file(folder() / "taskgate.db-wal", folder() / "kept-wal");
  }
  std::filesystem::rename(folder() / "kept-wal", folder() / "taskgate.db-wal");
  const auto restored = restore(folder(), backup_file());
  EXPECT_TRUE(std::filesystem::exists(restored.former / "taskgate.db-wal"));
  EXPECT_EQ(counts(*open()).pending, 1);
}

TEST_F(Backups, ThatAreDamagedOrForeignOrNewerChangeNothing) {
  submit(*open());
  const auto kept = [&] { EXPECT_EQ(counts(*open()).pending, 1); };
  const auto attempt = [&] { return refusal_of([&] { restore(folder(), backup_file()); }); };
  EXPECT_THAT(attempt(), HasSubstr("There is no file"));
  write(backup_file(), std::string(5'000, 'x'));
  EXPECT_THAT(attempt(), HasSubstr("is not a database"));
  write(backup_file(), "");
  EXPECT_THAT(attempt(), HasSubstr("holds no Taskgate database"));
  kept();
  make(true);
  Database(backup_file(), {}).execute(fmt::format("PRAGMA user_version = {}", schema_version() + 1).c_str());
  EXPECT_THAT(attempt(), HasSubstr("newer Taskgate"));
  Database(backup_file(), {}).execute("PRAGMA application_id = 1");
  EXPECT_THAT(attempt(), HasSubstr("another program"));
  kept();
  make(true);
  std::filesystem::resize_file(backup_file(), std::filesystem::file_size(backup_file()) - 8192);
  EXPECT_THAT(attempt(), ::testing::AnyOf(HasSubstr("damaged"), HasSubstr("malformed")));
  kept();
}

}  // namespace
}  // namespace taskgate::sqlite
