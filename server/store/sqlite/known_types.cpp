#include "store/sqlite/known_types.h"

#include <functional>

#include "jobs/job_store.h"

namespace taskgate::sqlite {
namespace {

constexpr std::array<std::uint8_t, 0> everybody{};
constexpr std::size_t noted_max = 1'000'000;

}  // namespace

KnownTypes::KnownTypes(Database& database)
    : keep_(database.prepare(
          "INSERT INTO job_types (user_id, type) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM job_types "
          "WHERE user_id = ?1 AND type = ?2) AND (SELECT count(*) FROM job_types WHERE user_id = ?1) < "
          "?3")) {}

// 64 bits: that two of a million pairs have the same one, so that a type is not kept, will not happen.
std::uint64_t KnownTypes::print_of(const UserId& user, std::string_view type) {
  return std::hash<std::string_view>{}(type)*0x9E3779B97F4A7C15ULL + std::hash<UserId>{}(user);
}

void KnownTypes::note(const UserId& user, std::string_view type) {
  const auto print = print_of(user, type);
  if (noted_.contains(print)) return;
  if (noted_.size() >= noted_max) noted_.clear();
  keep_.execute(user, type, jobs::known_types_max);
  keep_.execute(everybody, type, jobs::known_types_all_max);
  noted_.insert(print);
}

std::vector<std::string> read_known_types(Database& database, const std::optional<UserId>& user) {
  auto& statement = database.statement("SELECT type FROM job_types WHERE user_id = ? ORDER BY type");
  Cursor row = user ? statement.query(*user) : statement.query(everybody);
  std::vector<std::string> types;
  while (row.next()) types.emplace_back(row.text(0));
  return types;
}

}  // namespace taskgate::sqlite
