#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace taskgate::sqlite {

// A backup is one file: the database as of one moment, and with it, unless they are left out, the secrets that lie in
// the data folder, so that a server on the restored folder knows the tokens and what was encrypted.

struct BackupOptions {
  std::filesystem::path folder;  // the data folder
  std::filesystem::path file;    // where to
  bool replace = false;          // an existing file
  bool with_secrets = true;
};

struct BackupReport {
  std::uintmax_t bytes = 0;
  int schema = 0;
  std::vector<std::string> secrets;  // names of files
};

// Makes a backup, also beside a running server, which it does not disturb. The file is checked and on the disk before
// it gets its name, and is readable by its owner only. Throws std::runtime_error with a sentence for the operator; then
// there is no new file, and a former one is as it was.
BackupReport back_up(const BackupOptions& options);

struct RestoreReport {
  int schema = 0;
  std::vector<std::string> secrets;
  std::filesystem::path former;  // the folder where the former files lie now; empty when there were none
};

// Puts a backup (or any other copy of a Taskgate database) in the place of a folder's database. It is copied and
// checked before anything is touched; the former files are kept in a folder beside. Throws std::runtime_error with a
// sentence when a server runs on the folder, or the file is damaged, of another program or of a newer version.
RestoreReport restore(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace taskgate::sqlite
