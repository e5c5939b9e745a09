#pragma once

namespace taskgate::sqlite {

// Whose key the worker in `worker` claimed with: workers of two users may have one name. NULL for the program's own
// runner, and for leases that an earlier version gave.
inline constexpr const char* migration_0006_worker_user = R"sql(
ALTER TABLE jobs ADD COLUMN worker_user BLOB;
)sql";

}  // namespace taskgate::sqlite
