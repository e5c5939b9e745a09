#include "store/sqlite/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "store/sqlite/sqlite_store.h"

namespace taskgate::sqlite {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

int open_private(const std::filesystem::path& file) {
  return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
}

std::string read_all(int descriptor) {
  char buffer[64];
  const ssize_t size = ::pread(descriptor, buffer, sizeof buffer, 0);
  return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

DataFolder::DataFolder(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  const bool created = std::filesystem::create_directories(path_, error);
  if (error)
    throw std::runtime_error(fmt::format("The data folder {} cannot be created: {}.", path_.string(), error.message()));
  if (created) std::filesystem::permissions(path_, std::filesystem::perms::owner_all, error);
  if (!std::filesystem::is_directory(path_, error)) {
    throw std::runtime_error(fmt::format("The data folder {} is not a folder.", path_.string()));
  }
  if (::access(path_.c_str(), W_OK | X_OK) != 0) {
    throw std::runtime_error(fmt::format("The data folder {} cannot be written: {}.", path_.string(), reason(errno)));
  }
}

void DataFolder::ensure_database_file() const {
  // SQLite gives its write-ahead log the mode of the database file.
  const int descriptor = open_private(database_file());
  if (descriptor < 0) {
    throw std::runtime_error(
        fmt::format("The database {} cannot be opened: {}.", database_file().string(), reason(errno)));
  }
  ::close(descriptor);
}

FolderLock::FolderLock(const DataFolder& folder) {
  const auto file = folder.path() / "taskgate.lock";
  descriptor_ = open_private(file);
  if (descriptor_ < 0)
    throw std::runtime_error(fmt::format("The lock {} cannot be opened: {}.", file.string(), reason(errno)));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = read_all(descriptor_);
    ::close(descriptor_);
    throw FolderInUse(
        fmt::format("Another Taskgate server is running on the data folder {}{}. Stop it, or choose another "
                    "folder with --data-dir.",
                    folder.path().string(), holder.empty() ? "" : " (process " + holder + ")"));
  }
  const std::string process = fmt::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) == 0) {
    // Only a hint for the sentence above; the lock holds without it.
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, process.data(), process.size(), 0);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace taskgate::sqlite
