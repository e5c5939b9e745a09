#pragma once

#include <array>
#include <string_view>

namespace taskgate::sqlite {

// What hangs on a job besides its row: the tables whose rows go with it, each with an index that begins with `job_id`.
// A new table with rows of jobs is named here, and nowhere else: pruning removes its rows, `taskgate check` looks for
// those without a job. (Unique keys are found by their text, see job_pruning.cpp.)
inline constexpr std::array<std::string_view, 6> job_belongings = {"job_data",        "job_attempts",  "job_sealed",
                                                                   "job_checkpoints", "job_log_lines", "job_notes"};

}  // namespace taskgate::sqlite
