#include "app/user_commands.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "accounts/account_service.h"
#include "app/secret_file.h"
#include "base/async.h"
#include "store/sqlite/sqlite_store.h"

namespace taskgate::app {

namespace {

constexpr std::size_t users_per_page = 500;

// The accounts of a data folder, without the rest of the server. No mails leave the command line: the operator makes
// verified accounts.
class Accounts {
 public:
  explicit Accounts(const Config& config)
      : store_(store_options(config)),
        hash_pool_("hash", 1, 4),
        service_(store_.accounts(), clock_, ids_, hash_pool_, options(config)) {}

  accounts::AccountService& service() { return service_; }

 private:
  static sqlite::SqliteStoreOptions store_options(const Config& config) {
    sqlite::SqliteStoreOptions options;
    options.folder = config.data_dir;
    options.access = sqlite::Access::accounts_only;
    return options;
  }

  static accounts::AccountOptions options(const Config& config) {
    accounts::AccountOptions options;
    options.jwt_secret = config.jwt_secret.empty()
                             ? load_or_create_secret(std::filesystem::path(config.data_dir) / "jwt_secret")
                             : config.jwt_secret;
    options.password_length_min = config.password_length_min;
    options.password_min_score = config.password_min_score;
    return options;
  }

  SystemClock clock_;
  IdGenerator ids_;
  sqlite::SqliteStore store_;
  WorkerPool hash_pool_;
  accounts::AccountService service_;
};

// Commands about accounts that exist do not make a database where somebody mistyped a folder.
void require_database(const Config& config) {
  const auto file = std::filesystem::path(config.data_dir) / "taskgate.db";
  if (std::filesystem::exists(file)) return;
  throw std::runtime_error(fmt::format("There is no database in {}: check --data-dir (or DATA_DIR).", config.data_dir));
}

int report(const Error& error) {
  std::cerr << "taskgate: " << error.message << ".\n";
  for (const auto& field : error.fields) std::cerr << "  " << field.field << ": " << field.message << '\n';
  return 1;
}

// Echo off while it lives.
class HiddenInput {
 public:
  HiddenInput() {
    ::tcgetattr(STDIN_FILENO, &before_);
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~HiddenInput() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  termios before_{};
};

// One line of standard input; asked for without echo on a terminal.
std::string read_password() {
  std::string password;
  if (::isatty(STDIN_FILENO) == 1) {
    std::cerr << "Password: " << std::flush;
    const HiddenInput hidden;
    std::getline(std::cin, password);
    std::cerr << '\n';
  } else {
    std::getline(std::cin, password);
  }
  return password;
}

std::optional<Role> parse_role(const std::string& text) {
  if (text == "admin") return Role::admin;
  if (text == "user") return Role::user;
  return std::nullopt;
}

int report_role(const std::string& role) {
  std::cerr << "taskgate: \"" << role << "\" is no role: use user or admin.\n";
  return 2;
}

}  // namespace

int create_user_command(const Config& config, const std::string& email, const std::string& role, std::string password) {
  const auto parsed = parse_role(role);
  if (!parsed) return report_role(role);
  if (password.empty()) password = read_password();
  Accounts accounts(config);
  auto user = run_to_completion(accounts.service().create_user(email, std::move(password), *parsed, true));
  if (!user) return report(user.error());
  std::cout << fmt::format("Created {} ({}), id {}.\n", user->email, to_string(user->role), to_string(user->id));
  return 0;
}

int list_users_command(const Config& config, const std::string& text) {
  require_database(config);
  Accounts accounts(config);
  std::optional<std::string> cursor;
  std::cout << fmt::format("{:<24}  {:<5}  {:<8}  {:<8}  {}\n", "ID", "ROLE", "VERIFIED", "DISABLED", "EMAIL");
  do {
    const auto page = run_to_completion(accounts.service().list_users(text, users_per_page, cursor));
    for (const auto& user : page.users) {
      std::cout << fmt::format("{:<24}  {:<5}  {:<8}  {:<8}  {}\n", to_string(user.id), to_string(user.role),
                               user.email_verified ? "yes" : "no", user.disabled ? "yes" : "no", user.email);
    }
    cursor = page.next_cursor;
  } while (cursor);
  return 0;
}

int set_role_command(const Config& config, const std::string& email, const std::string& role) {
  const auto parsed = parse_role(role);
  if (!parsed) return report_role(role);
  require_database(config);
  Accounts accounts(config);
  auto user = run_to_completion(accounts.service().set_role(email, *parsed));
  if (!user) return report(user.error());
  std::cout << fmt::format("{} now has the role {}. A running server sees it within 5 seconds.\n", user->email,
                           to_string(user->role));
  return 0;
}

int set_disabled_command(const Config& config, const std::string& email, bool disabled) {
  require_database(config);
  Accounts accounts(config);
  auto user = run_to_completion(accounts.service().set_disabled(email, disabled));
  if (!user) return report(user.error());
  std::cout << fmt::format("{} is {} now. A running server sees it within 5 seconds.\n", user->email,
                           disabled ? "disabled" : "enabled");
  return 0;
}

}  // namespace taskgate::app
