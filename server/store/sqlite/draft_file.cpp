#include "store/sqlite/draft_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace taskgate::sqlite {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* what) {
  const int error = errno;
  throw std::runtime_error(
      fmt::format("{} cannot be {}: {}.", file.string(), what, std::generic_category().message(error)));
}

}  // namespace

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

void sync_to_disk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "opened");
  const bool synced = ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  if (!synced) fail(path, "brought to the disk");
}

DraftFile::DraftFile(std::filesystem::path file)
    : file_(std::move(file)), draft_(file_.string() + ".partial." + fmt::to_string(::getpid())) {
  ::unlink(draft_.c_str());
  const int descriptor = ::open(draft_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) fail(draft_, "written");
  ::close(descriptor);
}

DraftFile::~DraftFile() {
  ::unlink(draft_.c_str());
  ::unlink((draft_.string() + "-journal").c_str());
}

void DraftFile::publish(bool replace) {
  sync_to_disk(draft_);
  if (replace) {
    if (::rename(draft_.c_str(), file_.c_str()) != 0) fail(file_, "written");
  } else if (::link(draft_.c_str(), file_.c_str()) != 0) {
    fail(file_, "written");
  }
  sync_to_disk(folder_of(file_));
}

}  // namespace taskgate::sqlite
