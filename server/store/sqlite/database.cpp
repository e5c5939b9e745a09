#include "store/sqlite/database.h"

#include <cstring>
#include <mutex>

namespace taskgate::sqlite {
namespace {

// Without its statistics SQLite needs no lock around each allocation. Only possible before its first use in the
// process.
void configure_library_once() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

[[noreturn]] void fail(sqlite3* connection, int code) {
  const int extended = connection != nullptr ? sqlite3_extended_errcode(connection) : code;
  const char* message = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  throw DatabaseError((extended & 0xff) == (code & 0xff) ? extended : code, fmt::format("database: {}", message));
}

}  // namespace

bool DatabaseError::is_of_the_engine() const {
  switch (code_ & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
}

Cursor::~Cursor() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Cursor::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(sqlite3_db_handle(statement_), code);
}

std::string_view Cursor::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (start == nullptr) return {};
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<std::string> Cursor::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return std::string(text(column));
}

std::optional<Time> Cursor::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

void Cursor::copy_blob(int column, std::uint8_t* to, std::size_t size) const {
  const void* from = sqlite3_column_blob(statement_, column);
  if (from == nullptr || static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) != size) {
    throw DamagedRow("database: an id has the wrong length");
  }
  std::memcpy(to, from, size);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) fail(database, code);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code);
}

void Statement::bind(int index, std::string_view value) {
  // A view without memory would be bound as NULL.
  const char* start = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), index, start, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

Database::Database(const std::filesystem::path& file, const Options& options) {
  configure_library_once();
  sqlite3* connection = nullptr;
  const int flags = (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(file.c_str(), &connection, flags, vfs);
  connection_.reset(connection);
  if (code != SQLITE_OK) fail(connection, code);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, static_cast<int>(options.busy_timeout.count()));
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(connection_.get(), code);
}

Statement& Database::statement(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  return statements_.emplace(std::string(sql), prepare(sql)).first->second;
}

std::int64_t Database::integer(std::string_view sql) {
  Statement once = prepare(sql);
  Cursor cursor = once.query();
  cursor.next();
  return cursor.integer(0);
}

std::string Database::text(std::string_view sql) {
  Statement once = prepare(sql);
  Cursor cursor = once.query();
  cursor.next();
  return std::string(cursor.text(0));
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database_.statement(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN").execute();
}

Transaction::~Transaction() {
  // A failure may have ended the transaction already; a rollback that fails leaves it to the next BEGIN to complain.
  if (database_.in_transaction()) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() { database_.statement("COMMIT").execute(); }

}  // namespace taskgate::sqlite
