#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::sqlite {

// The system's files under SQLite, on a disk that is full from a certain write on, and that loses power: then all that
// was not synced is undone. Syncs cost nothing, they are only noted. One disk for the whole process: for tests.
class SimulatedDisk {
 public:
  // Registers it with SQLite; give name() to the store.
  static const char* name() {
    static const bool registered = enlist();
    return registered ? vfs_name : nullptr;
  }
  // A disk like new.
  static void reset(bool syncs_count = true) {
    const std::lock_guard lock(mutex);
    writes_left = no_limit;
    unsynced.clear();
    heeds_syncs = syncs_count;
  }
  // So many writes succeed, then all fail until repair().
  static void break_after(int writes) {
    const std::lock_guard lock(mutex);
    writes_left = writes;
  }
  static void repair() { break_after(no_limit); }
  // Copies the database as a crash leaves it, while others still hold it open. With a power cut, what was written but
  // not synced is lost.
  static void copy_after_crash(const std::filesystem::path& from, const std::filesystem::path& to, bool power_cut) {
    const std::lock_guard lock(mutex);
    std::filesystem::create_directories(to);
    for (const auto* file : {"taskgate.db", "taskgate.db-wal"}) {
      if (!std::filesystem::exists(from / file)) continue;
      std::filesystem::copy_file(from / file, to / file);
      if (power_cut) undo(from / file, to / file);
    }
  }

 private:
  struct Undo {
    sqlite3_int64 offset = 0;
    std::string before;
    std::uintmax_t size_before = 0;
  };
  static constexpr auto vfs_name = "taskgate-simulated-disk";
  static constexpr int no_limit = -1;

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
    const std::lock_guard lock(mutex);
    const auto [methods, is_new] = versions.try_emplace(file->pMethods, *file->pMethods);
    if (is_new) {
      system_write = file->pMethods->xWrite;
      closes[&methods->second] = file->pMethods->xClose;
      methods->second.xWrite = write;
      methods->second.xSync = sync;
      methods->second.xClose = close;
    }
    file->pMethods = &methods->second;
    paths[file] = path == nullptr ? "" : path;
    return code;
  }
  static int close(sqlite3_file* file) {
    int (*system_version)(sqlite3_file*) = nullptr;
    {
      const std::lock_guard lock(mutex);
      system_version = closes.at(file->pMethods);
      paths.erase(file);
    }
    return system_version(file);
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    const std::lock_guard lock(mutex);
    if (writes_left == 0) return SQLITE_FULL;
    if (writes_left > 0) --writes_left;
    Undo before{offset, std::string(static_cast<std::size_t>(size), '\0'), 0};
    sqlite3_int64 file_size = 0;
    file->pMethods->xFileSize(file, &file_size);
    before.size_before = static_cast<std::uintmax_t>(file_size);
    // A short read fills the rest with zeros, which are cut off again by the size.
    file->pMethods->xRead(file, before.before.data(), size, offset);
    unsynced[paths[file]].push_back(std::move(before));
    return system_write(file, data, size, offset);
  }
  static int sync(sqlite3_file* file, int) {
    const std::lock_guard lock(mutex);
    if (writes_left == 0) return SQLITE_IOERR_FSYNC;
    if (heeds_syncs) unsynced.erase(paths[file]);
    return SQLITE_OK;
  }
  static void undo(const std::filesystem::path& original, const std::filesystem::path& copy) {
    const auto writes = unsynced.find(original.string());
    if (writes == unsynced.end()) return;
    for (auto each = writes->second.rbegin(); each != writes->second.rend(); ++each) {
      std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(each->offset);
      file.write(each->before.data(), static_cast<std::streamsize>(each->before.size()));
      file.close();
      std::filesystem::resize_file(copy, each->size_before);
    }
  }

  static inline sqlite3_vfs* system = nullptr;
  static inline int (*system_write)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
  static inline std::mutex mutex;
  static inline std::map<const sqlite3_io_methods*, sqlite3_io_methods> versions;
  static inline std::map<const sqlite3_io_methods*, int (*)(sqlite3_file*)> closes;
  static inline std::map<sqlite3_file*, std::string> paths;
  static inline std::map<std::string, std::vector<Undo>> unsynced;
  static inline int writes_left = no_limit;
  static inline bool heeds_syncs = true;
};

}  // namespace taskgate::sqlite
