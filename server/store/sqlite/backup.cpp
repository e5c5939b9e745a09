#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "store/sqlite/data_folder.h"
#include "store/sqlite/draft_file.h"
#include "store/sqlite/schema.h"

namespace taskgate::sqlite {
namespace {

namespace fs = std::filesystem;

// The files of the data folder without which the database is not worth as much: tokens are signed with the first, the
// other is the key of what is encrypted. Other files of the folder are locks and logs that belong to a running server.
constexpr std::array secret_files = {"jwt_secret", "data_key"};

// Of backups only; it does not survive a restore.
constexpr auto secrets_table = "CREATE TABLE backup_secrets (name TEXT PRIMARY KEY NOT NULL, content BLOB NOT NULL)";

bool has_secrets_table(Database& database) {
  return database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'backup_secrets'") > 0;
}

// All pages as of one moment: the copy reads in one transaction, which a server's writes do not wait for.
void copy_pages(Database& from, Database& to) {
  sqlite3_backup* copy = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copy == nullptr) throw DatabaseError(sqlite3_errcode(to.handle()), sqlite3_errmsg(to.handle()));
  int code = sqlite3_backup_step(copy, -1);
  const int ended = sqlite3_backup_finish(copy);
  if (code == SQLITE_DONE) code = ended;
  if (code != SQLITE_OK) throw DatabaseError(code, fmt::format("database: {}", sqlite3_errstr(code)));
}

std::string read_whole(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  if (!input && !input.eof()) throw std::runtime_error(fmt::format("{} cannot be read.", file.string()));
  return content;
}

std::vector<std::string> add_secrets(Database& copy, const fs::path& folder) {
  std::vector<std::string> added;
  copy.execute(secrets_table);
  for (const auto* name : secret_files) {
    if (!fs::exists(folder / name)) continue;
    copy.statement("INSERT INTO backup_secrets (name, content) VALUES (?, ?)").execute(name, read_whole(folder / name));
    added.emplace_back(name);
  }
  return added;
}

void require_sound(Database& database, const fs::path& file) {
  std::string verdict;
  try {
    verdict = database.text("PRAGMA integrity_check(1)");
  } catch (const DatabaseError& error) {
    verdict = error.what();
  }
  if (verdict != "ok") throw std::runtime_error(fmt::format("{} is damaged: {}.", file.string(), verdict));
}

// The one file stands alone: no log beside it.
void leave_the_log(Database& copy) { (void)copy.text("PRAGMA journal_mode = DELETE"); }

BackupReport make_backup(const BackupOptions& options) {
  const fs::path source = options.folder / "taskgate.db";
  Database from(source, {});
  BackupReport report;
  report.schema = read_schema_version(from, source);
  DraftFile draft(options.file);
  {
    Database copy(draft.path(), {});
    copy_pages(from, copy);
    leave_the_log(copy);
    if (options.with_secrets) report.secrets = add_secrets(copy, options.folder);
    require_sound(copy, draft.path());
  }
  report.bytes = fs::file_size(draft.path());
  draft.publish(options.replace);
  return report;
}

void keep(const fs::path& file, const fs::path& aside) {
  std::error_code error;
  fs::create_hard_link(file, aside / file.filename(), error);
  // Not every file system has links.
  if (error) fs::copy_file(file, aside / file.filename());
}

// Gives the former files a second name, in a folder of their own.
fs::path put_aside(const DataFolder& folder, const std::vector<std::string>& names) {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto stamp = fmt::format("before-restore-{:%Y%m%dT%H%M%SZ}", fmt::gmtime(seconds));
  fs::path aside = folder.path() / stamp;
  for (int number = 2; fs::exists(aside); ++number) aside = folder.path() / fmt::format("{}-{}", stamp, number);
  bool is_made = false;
  for (const auto& name : names) {
    if (!fs::exists(folder.path() / name)) continue;
    if (!is_made) {
      fs::create_directory(aside);
      fs::permissions(aside, fs::perms::owner_all);
      is_made = true;
    }
    keep(folder.path() / name, aside);
  }
  if (!is_made) return {};
  sync_to_disk(aside);
  return aside;
}

void write_secret(const fs::path& file, const std::string& content) {
  DraftFile draft(file);
  std::ofstream output(draft.path(), std::ios::binary);
  output << content << std::flush;
  if (!output) throw std::runtime_error(fmt::format("{} cannot be written.", file.string()));
  draft.publish(true);
}

struct Secret {
  std::string name;
  std::string content;
};

// The secrets of the backup, which the copy then no longer has.
std::vector<Secret> take_secrets(Database& copy) {
  std::vector<Secret> secrets;
  if (!has_secrets_table(copy)) return secrets;
  for (const auto* name : secret_files) {
    Cursor row = copy.statement("SELECT CAST(content AS TEXT) FROM backup_secrets WHERE name = ?").query(name);
    if (row.next()) secrets.push_back({name, std::string(row.text(0))});
  }
  return secrets;
}

RestoreReport put_in_place(const DataFolder& folder, const fs::path& file) {
  RestoreReport report;
  DraftFile draft(folder.database_file());
  std::vector<Secret> secrets;
  {
    Database::Options read_only;
    read_only.read_only = true;
    Database from(file, read_only);
    report.schema = read_schema_version(from, file);
    if (report.schema == 0) throw std::runtime_error(fmt::format("{} holds no Taskgate database.", file.string()));
    Database copy(draft.path(), {});
    copy_pages(from, copy);
    leave_the_log(copy);
    require_sound(copy, file);
    secrets = take_secrets(copy);
  }
  if (!secrets.empty()) Database(draft.path(), {}).execute("PRAGMA secure_delete = ON; DROP TABLE backup_secrets");
  sync_to_disk(draft.path());

  std::vector<std::string> former = {"taskgate.db", "taskgate.db-wal"};
  for (const auto& secret : secrets) former.push_back(secret.name);
  report.former = put_aside(folder, former);
  for (const auto& secret : secrets) {
    write_secret(folder.path() / secret.name, secret.content);
    report.secrets.push_back(secret.name);
  }
  // The log of the former database must not meet the new one.
  for (const auto* log : {"taskgate.db-wal", "taskgate.db-shm"}) fs::remove(folder.path() / log);
  draft.publish(true);
  return report;
}

}  // namespace

BackupReport back_up(const BackupOptions& options) {
  if (!fs::exists(options.folder / "taskgate.db")) {
    throw std::runtime_error(
        fmt::format("There is no database in {}: check --data-dir (or DATA_DIR).", options.folder.string()));
  }
  if (!options.replace && fs::exists(fs::symlink_status(options.file))) {
    throw std::runtime_error(
        fmt::format("{} exists already: choose another name, or replace it with --force.", options.file.string()));
  }
  if (fs::is_directory(options.file)) {
    throw std::runtime_error(fmt::format("{} is a folder: name a file in it.", options.file.string()));
  }
  try {
    return make_backup(options);
  } catch (const DatabaseError& error) {
    throw std::runtime_error(fmt::format("The backup of {} was not made: {}.", options.folder.string(), error.what()));
  }
}

RestoreReport restore(const fs::path& path, const fs::path& file) {
  if (!fs::is_regular_file(file)) throw std::runtime_error(fmt::format("There is no file {}.", file.string()));
  const DataFolder folder(path);
  const FolderLock lock(folder);
  try {
    return put_in_place(folder, file);
  } catch (const DatabaseError& error) {
    throw std::runtime_error(fmt::format("{} was not restored: {}.", file.string(), error.what()));
  }
}

}  // namespace taskgate::sqlite
