#pragma once

#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Marks the file as a Taskgate database ("Tskg" in ASCII).
inline constexpr std::int64_t application_id = 0x54736b67;

// The newest schema this program knows: the number of the last file in migrations/.
[[nodiscard]] int schema_version();

// What stands in the file now; 0 for an empty one. Throws std::runtime_error with a sentence for the operator when the
// file is not a database, belongs to another program, or is newer than this program.
[[nodiscard]] int read_schema_version(Database& database, const std::filesystem::path& file);

// Brings the schema up to date, each migration in a transaction of its own together with the number it leads to. Safe
// when several programs do it at once.
// `version`: up to which; tests make files of older versions with it.
void migrate(Database& database, int version = schema_version());

}  // namespace taskgate::sqlite
