#pragma once

namespace taskgate::sqlite {

// What was agreed at submit beyond the columns: JSON of jobs::JobTerms, NULL for most jobs; and how many jobs it
// depends on have not completed yet.
inline constexpr const char* migration_0002_job_terms = R"sql(
ALTER TABLE jobs ADD COLUMN terms TEXT;
ALTER TABLE jobs ADD COLUMN blocked_by INTEGER NOT NULL DEFAULT 0;
)sql";

}  // namespace taskgate::sqlite
