#include "app/backup_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

#include "base/clock.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/check.h"

namespace taskgate::app {

namespace {

std::string with(const std::vector<std::string>& secrets) {
  return secrets.empty() ? std::string("no secrets") : fmt::format("{}", fmt::join(secrets, " and "));
}

std::string mebibytes(std::uintmax_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

// Prints the report; whether every promise holds.
bool report(const std::vector<sqlite::Checked>& all) {
  bool holds = true;
  for (const auto& each : all) {
    if (each.faults == 0) {
      std::cout << fmt::format("ok     {}\n", each.promise);
      continue;
    }
    holds = false;
    std::cout << fmt::format("WRONG  {}: {} {} not so{}\n", each.promise, each.faults, each.faults == 1 ? "is" : "are",
                             each.can_be_repaired ? " (--repair counts anew)" : "");
    for (const auto& example : each.examples) std::cout << fmt::format("         {}\n", example);
    if (each.faults > static_cast<std::int64_t>(each.examples.size())) std::cout << "         …\n";
  }
  return holds;
}

}  // namespace

int backup_command(const Config& config, const std::string& file, bool replace, bool with_secrets) {
  const auto made = sqlite::back_up({config.data_dir, file, replace, with_secrets});
  std::cout << fmt::format("{}: {}, schema {}, with {}. Keep it as safe as the data folder.\n", file,
                           mebibytes(made.bytes), made.schema, with(made.secrets));
  if (with_secrets && !config.jwt_secret.empty())
    std::cout << "JWT_SECRET is set outside the data folder and is not in the backup: keep it as well.\n";
  return 0;
}

int restore_command(const Config& config, const std::string& file) {
  const auto restored = sqlite::restore(config.data_dir, file);
  std::cout << fmt::format("Restored {} into {}: schema {}, with {}.\n", file, config.data_dir, restored.schema,
                           with(restored.secrets));
  if (!restored.former.empty())
    std::cout << fmt::format("The former files are in {}; remove them when you do not need them any more.\n",
                             restored.former.string());
  return 0;
}

int check_command(const Config& config, bool repair) {
  const SystemClock clock;
  bool holds = report(sqlite::check_database(config.data_dir, clock.now()));
  if (holds || !repair) return holds ? 0 : 1;
  sqlite::repair_counts(config.data_dir);
  std::cout << "\nThe jobs have been counted anew:\n";
  holds = report(sqlite::check_database(config.data_dir, clock.now()));
  return holds ? 0 : 1;
}

}  // namespace taskgate::app
