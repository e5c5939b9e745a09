#pragma once

namespace taskgate::sqlite {

// What the server's own jobs carry sealed, until they end.
inline constexpr const char* migration_0011_sealed_jobs = R"sql(
CREATE TABLE job_sealed (
  job_id INTEGER PRIMARY KEY,
  sealed TEXT NOT NULL
) STRICT;
)sql";

}  // namespace taskgate::sqlite
