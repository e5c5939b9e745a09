#pragma once

namespace taskgate::sqlite {

// Users who never verified their address are removed after a time. Finished jobs need no index to be found: ids rise in
// time, so what is old is at the front of the table.
inline constexpr const char* migration_0007_retention = R"sql(
CREATE INDEX users_unverified ON users (created_at) WHERE email_verified = 0;
)sql";

}  // namespace taskgate::sqlite
