#pragma once

#include <filesystem>

namespace taskgate::sqlite {

// A file that is written under another name and gets its own only when it is whole and on the disk. For its owner only.
// What was not published is removed again.
class DraftFile {
 public:
  // Creates an empty draft beside `file`. Throws std::runtime_error with a sentence.
  explicit DraftFile(std::filesystem::path file);
  ~DraftFile();
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return draft_; }
  // Brings it to the disk and gives it its name. Without `replace`, an existing file is a refusal. Throws
  // std::runtime_error with a sentence.
  void publish(bool replace);

 private:
  std::filesystem::path file_;
  std::filesystem::path draft_;
};

// Brings a file or a folder's entries to the disk. Throws std::runtime_error with a sentence.
void sync_to_disk(const std::filesystem::path& path);
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& file);

}  // namespace taskgate::sqlite
