#pragma once

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace taskgate::sqlite {

// What SQLite answered when it could not do what it was asked. `code()` is the extended result code.
class DatabaseError : public StoreFailure {
 public:
  DatabaseError(int code, const std::string& message) : StoreFailure(message), code_(code) {}
  [[nodiscard]] int code() const { return code_; }
  // The statement broke a rule of the schema: it alone failed, the connection and its transaction are intact.
  [[nodiscard]] bool is_constraint() const { return (code_ & 0xff) == SQLITE_CONSTRAINT; }
  // The disk, the memory or the connection failed, not what was asked for.
  [[nodiscard]] bool is_of_the_engine() const;
  // Another connection holds the write lock and did not let go within the busy timeout.
  [[nodiscard]] bool is_busy() const { return (code_ & 0xff) == SQLITE_BUSY; }

 private:
  int code_;
};

// A row that this program cannot have written, in a file that is sound otherwise.
class DamagedRow : public DatabaseError {
 public:
  explicit DamagedRow(const std::string& message) : DatabaseError(SQLITE_CORRUPT, message) {}
};

class Statement;

// The rows of one running statement. Ends (resets) the statement when it goes. Views it hands out live until the next
// call of next().
class Cursor {
 public:
  explicit Cursor(sqlite3_stmt* statement) : statement_(statement) {}
  Cursor(Cursor&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();

  // Goes to the next row; false when there is none. Throws DatabaseError.
  bool next();

  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] int small(int column) const { return sqlite3_column_int(statement_, column); }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(statement_, column); }
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] Time time(int column) const { return Time{std::chrono::milliseconds{integer(column)}}; }
  [[nodiscard]] std::optional<Time> optional_time(int column) const;
  [[nodiscard]] JobId job_id(int column) const { return JobId{static_cast<std::uint64_t>(integer(column))}; }
  [[nodiscard]] UserId user_id(int column) const { return UserId{bytes<12>(column)}; }
  [[nodiscard]] SessionId session_id(int column) const { return SessionId{bytes<16>(column)}; }
  [[nodiscard]] ApiKeyId api_key_id(int column) const { return ApiKeyId{bytes<16>(column)}; }

 private:
  template <std::size_t size>
  std::array<std::uint8_t, size> bytes(int column) const {
    std::array<std::uint8_t, size> value{};
    copy_blob(column, value.data(), size);
    return value;
  }
  void copy_blob(int column, std::uint8_t* to, std::size_t size) const;

  sqlite3_stmt* statement_;
};

// A prepared statement. Parameters are given in their order and typed; texts and blobs are not copied, so they must
// live until the cursor ends or execute() returns.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  template <class... Values>
  [[nodiscard]] Cursor query(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Cursor(statement_.get());
  }
  // Runs a statement that has no rows.
  template <class... Values>
  void execute(const Values&... values) {
    Cursor cursor = query(values...);
    cursor.next();
  }

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void check(int code) const;
  void bind(int index, std::nullptr_t) { check(sqlite3_bind_null(statement_.get(), index)); }
  template <std::integral Integer>
  void bind(int index, Integer value) {
    check(sqlite3_bind_int64(statement_.get(), index, static_cast<std::int64_t>(value)));
  }
  void bind(int index, double value) { check(sqlite3_bind_double(statement_.get(), index, value)); }
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view{value}); }
  void bind(int index, const char* value) { bind(index, std::string_view{value}); }
  void bind(int index, Time value) { bind(index, value.time_since_epoch().count()); }
  void bind(int index, JobId value) { bind(index, value.value); }
  void bind(int index, const UserId& value) { bind(index, value.bytes); }
  void bind(int index, const SessionId& value) { bind(index, value.bytes); }
  void bind(int index, const ApiKeyId& value) { bind(index, value.bytes); }
  template <std::size_t size>
  void bind(int index, const std::array<std::uint8_t, size>& value) {
    if constexpr (size == 0) {
      // An array without elements may have no address, which would be bound as NULL.
      check(sqlite3_bind_zeroblob(statement_.get(), index, 0));
    } else {
      check(sqlite3_bind_blob(statement_.get(), index, value.data(), static_cast<int>(size), SQLITE_STATIC));
    }
  }
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, nullptr);
    }
  }

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// One connection to the database file. To be used by one thread at a time.
class Database {
 public:
  struct Options {
    bool read_only = false;
    // How long a statement waits for another program's write before it fails with `is_busy()`.
    std::chrono::milliseconds busy_timeout{5'000};
    // Name of a registered SQLite VFS; empty for the system's files. Tests inject faults here.
    std::string vfs;
  };

  // Opens the file, which must exist. Throws DatabaseError.
  Database(const std::filesystem::path& file, const Options& options);

  // Runs one or several statements without parameters and without rows.
  void execute(const char* sql);
  // The statement for this text, prepared on first use and kept.
  [[nodiscard]] Statement& statement(std::string_view sql);
  // A statement of the caller's own, for hot paths. It must not outlive the connection.
  [[nodiscard]] Statement prepare(std::string_view sql) { return Statement(connection_.get(), sql); }
  // The first column of the only row.
  [[nodiscard]] std::int64_t integer(std::string_view sql);
  [[nodiscard]] std::string text(std::string_view sql);
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }
  // Rows changed by the latest INSERT, UPDATE or DELETE.
  [[nodiscard]] std::int64_t changed() const { return sqlite3_changes64(connection_.get()); }
  [[nodiscard]] sqlite3* handle() { return connection_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unique_ptr<sqlite3, Closer> connection_;
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
};

// A transaction that rolls back unless it is committed.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  // On disk when it returns. Throws DatabaseError; then nothing of the transaction happened.
  void commit();

 private:
  Database& database_;
};

}  // namespace taskgate::sqlite
