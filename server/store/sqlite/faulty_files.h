#pragma once

#include <sqlite3.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

namespace taskgate::sqlite {

// The system's files as SQLite sees them, which fail on demand: for tests of what happens when the disk does.
class FaultyFiles {
 public:
  // Registers them with SQLite; give name() to the store.
  static const char* name() {
    static const bool registered = enlist();
    return registered ? vfs_name : nullptr;
  }
  // From now on every write fails with this SQLite code (SQLITE_FULL, SQLITE_IOERR_WRITE); SQLITE_OK: they succeed
  // again.
  static void fail_writes_with(int code) { write_code = code; }
  static void fail_syncs_with(int code) { sync_code = code; }
  // How often a file was brought to the disk.
  static int syncs() { return sync_count; }

 private:
  static constexpr auto vfs_name = "taskgate-faulty";

  static bool enlist() {
    system = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs = *system;
    vfs.zName = vfs_name;
    vfs.pNext = nullptr;
    vfs.xOpen = open;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }
  static int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    const int code = system->xOpen(system, path, file, flags, flags_out);
    if (code != SQLITE_OK || file->pMethods == nullptr) return code;
    file->pMethods = faulty_version_of(file->pMethods);
    return code;
  }
  // The system has several kinds of files (the database is locked, its log is not), which write and sync alike.
  static const sqlite3_io_methods* faulty_version_of(const sqlite3_io_methods* methods) {
    static std::mutex mutex;
    static std::map<const sqlite3_io_methods*, sqlite3_io_methods> versions;
    const std::lock_guard lock(mutex);
    const auto [version, is_new] = versions.try_emplace(methods, *methods);
    if (is_new) {
      system_write = methods->xWrite;
      system_sync = methods->xSync;
      version->second.xWrite = write;
      version->second.xSync = sync;
    }
    return &version->second;
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    return write_code != SQLITE_OK ? write_code.load() : system_write(file, data, size, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    ++sync_count;
    return sync_code != SQLITE_OK ? sync_code.load() : system_sync(file, flags);
  }

  static inline sqlite3_vfs* system = nullptr;
  static inline int (*system_write)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
  static inline int (*system_sync)(sqlite3_file*, int) = nullptr;
  static inline std::atomic<int> write_code{SQLITE_OK};
  static inline std::atomic<int> sync_code{SQLITE_OK};
  static inline std::atomic<int> sync_count{0};
};

}  // namespace taskgate::sqlite
