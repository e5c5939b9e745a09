#pragma once

#include <filesystem>
#include <string>

namespace taskgate::sqlite {

// The folder that holds the database. Everything in it is for the server's own user only: folder 0700, files 0600.
class DataFolder {
 public:
  // Creates the folder if need be. Throws std::runtime_error with a sentence for the operator when it cannot be created
  // or written.
  explicit DataFolder(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path database_file() const { return path_ / "taskgate.db"; }
  // Creates an empty database file when there is none; an existing one is left alone. Throws as above.
  void ensure_database_file() const;

 private:
  std::filesystem::path path_;
};

// The right to be the one server on a data folder, held until destruction; also lost, by the kernel, with the process.
class FolderLock {
 public:
  // Throws FolderInUse with a sentence naming the folder (and the process, if known) when another server holds it.
  explicit FolderLock(const DataFolder& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace taskgate::sqlite
