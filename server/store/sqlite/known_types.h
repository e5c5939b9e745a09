#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// Which types of jobs were submitted by whom. Most jobs are of a type that is known already: that costs a look into
// memory and nothing else.
class KnownTypes {
 public:
  explicit KnownTypes(Database& database);

  // Keeps the type, up to jobs::known_types_max for a user and jobs::known_types_all_max for everybody. Throws
  // DatabaseError.
  void note(const UserId& user, std::string_view type);
  // What was noted may have been undone: looks at the rows again.
  void forget() { noted_.clear(); }

 private:
  static std::uint64_t print_of(const UserId& user, std::string_view type);

  Statement keep_;
  std::unordered_set<std::uint64_t> noted_;  // prints of pairs; bounded, see note()
};

// Those of one user, or of everybody, by name.
[[nodiscard]] std::vector<std::string> read_known_types(Database& database, const std::optional<UserId>& user);

}  // namespace taskgate::sqlite
