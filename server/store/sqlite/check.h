#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"

namespace taskgate::sqlite {

// One promise that can be read from the disk, and where it does not hold.
struct Checked {
  std::string promise;                // a sentence that should be true
  std::int64_t faults = 0;            // rows for which it is not
  std::vector<std::string> examples;  // the first of them, for a person
  bool can_be_repaired = false;       // by repair_counts
};

// Reads the whole database of a data folder, as of one moment and also beside a running server, and holds it against
// every promise that can be read from it. Changes nothing. Throws std::runtime_error with a sentence when there is no
// database, or none that this version knows.
[[nodiscard]] std::vector<Checked> check_database(const std::filesystem::path& folder, Time now);

// Counts the jobs anew. Throws std::runtime_error with a sentence when a server runs on the folder.
void repair_counts(const std::filesystem::path& folder);

}  // namespace taskgate::sqlite
