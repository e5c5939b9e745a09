#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <iostream>

#include "api/route.h"
#include "app/app.h"
#include "app/backup_commands.h"
#include "app/config.h"
#include "app/job_commands.h"
#include "app/user_commands.h"
#include "app/version.h"
#include "base/crypto.h"
#include "base/log.h"
#include "handlers/handlers_file.h"

namespace taskgate::app {

namespace {

// The settings that can be given as flags, and where each flag's value goes.
struct Flags {
  ConfigSources sources{{}, {}, environment_variable};
  std::string port;
  std::string host;
  std::string data_dir;

  // Arguments of `taskgate user …`; only one of its commands runs.
  std::string email;
  std::string role;
  std::string password;
  std::string text;

  // Arguments of `taskgate jobs …`, and of `backup`, `restore` and `check`.
  JobListArguments list;
  std::vector<std::string> ids;
  ServerAddress server;
  std::string file;
  bool force = false;
  bool without_secrets = false;
  bool repair = false;

  void add_common(CLI::App& command) {
    command.add_option("--data-dir", data_dir, "Folder of the database and the secrets (DATA_DIR, ./data)");
    command.add_option("--env-file", sources.env_file, "File of settings (.env, if there is one)");
  }
  void add_serve(CLI::App& command) {
    add_common(command);
    command.add_option("--port", port, "Port to listen on; 0: any free one (PORT, 3000)");
    command.add_option("--host", host, "Address to listen on (HOST, localhost; in production all)");
  }
  [[nodiscard]] const ConfigSources& merged() {
    if (!port.empty()) sources.flags["PORT"] = port;
    if (!host.empty()) sources.flags["HOST"] = host;
    if (!data_dir.empty()) sources.flags["DATA_DIR"] = data_dir;
    return sources;
  }
  [[nodiscard]] Config load() {
    auto config = load_config(merged());
    log::configure(config.log_level, config.log_format);
    return config;
  }
};

int serve(Flags& flags) {
  block_stop_signals();
  App app(flags.load());
  app.run();
  return 0;
}

int print_routes() {
  for (const auto& route : api::routes()) {
    std::cout << fmt::format("{} {} {} {}\n", route.method, route.pattern, api::to_string(route.policy),
                             accounts::to_string(route.key_scope));
  }
  return 0;
}

// What the chosen command does, once the whole line has been read.
using Action = std::function<int()>;

void add_user_commands(CLI::App& program, Flags& flags, Action& action) {
  auto* user = program.add_subcommand("user", "Manage accounts, also while the server runs");
  user->require_subcommand(1);

  auto* create = user->add_subcommand("create", "Create a verified account");
  create->add_option("email", flags.email, "Mail address")->required();
  create->add_option("--role", flags.role, "user or admin")->default_val("user");
  create->add_option("--password", flags.password, "Password; without it, one line of standard input is read");
  flags.add_common(*create);
  create->callback([&] {
    action = [&flags] { return create_user_command(flags.load(), flags.email, flags.role, flags.password); };
  });

  auto* list = user->add_subcommand("list", "List accounts");
  list->add_option("text", flags.text, "Only addresses that contain this");
  flags.add_common(*list);
  list->callback([&] { action = [&flags] { return list_users_command(flags.load(), flags.text); }; });

  auto* set_role = user->add_subcommand("role", "Set an account's role");
  set_role->add_option("email", flags.email, "Mail address")->required();
  set_role->add_option("role", flags.role, "user or admin")->required();
  flags.add_common(*set_role);
  set_role->callback([&] { action = [&flags] { return set_role_command(flags.load(), flags.email, flags.role); }; });

  for (const bool disabled : {true, false}) {
    auto* command = disabled
                        ? user->add_subcommand("disable", "Disable an account: end its sessions, refuse to sign it in")
                        : user->add_subcommand("enable", "Enable a disabled account again");
    command->add_option("email", flags.email, "Mail address")->required();
    flags.add_common(*command);
    command->callback([&action, &flags, disabled] {
      action = [&flags, disabled] { return set_disabled_command(flags.load(), flags.email, disabled); };
    });
  }
}

void add_job_change(CLI::App& jobs, Flags& flags, Action& action, const char* name, const char* description,
                    int (*change)(const Config&, const std::vector<std::string>&, const ServerAddress&)) {
  auto* command = jobs.add_subcommand(name, description);
  command->add_option("id", flags.ids, "Job ids")->required();
  command->add_option("--server", flags.server.url, "Address of the server, when one runs on the folder");
  command->add_option("--key", flags.server.key, "API key for --server, scope jobs:write (TASKGATE_API_KEY)");
  flags.add_common(*command);
  command->callback([&action, &flags, change] {
    action = [&flags, change] {
      if (flags.server.key.empty()) flags.server.key = environment_variable("TASKGATE_API_KEY").value_or("");
      return change(flags.load(), flags.ids, flags.server);
    };
  });
}

void add_job_commands(CLI::App& program, Flags& flags, Action& action) {
  auto* jobs = program.add_subcommand("jobs", "Look at jobs; cancel or retry them");
  jobs->require_subcommand(1);

  auto* list = jobs->add_subcommand("list", "List jobs, the newest first, also while the server runs");
  list->add_option("--status", flags.list.status, "pending, processing, completed, failed or cancelled");
  list->add_option("--type", flags.list.type, "Only this type");
  list->add_option("--text", flags.list.text, "Only with this in the type or the error");
  list->add_option("--user", flags.list.user, "Only of the account with this mail address");
  list->add_option("--before", flags.list.before, "Only older than the job with this id");
  list->add_option("--limit", flags.list.limit, "How many")->default_val("50")->check(CLI::Range(1, 100'000));
  flags.add_common(*list);
  list->callback([&] { action = [&flags] { return list_jobs_command(flags.load(), flags.list); }; });

  auto* show = jobs->add_subcommand("show", "Show a job and its attempts, also while the server runs");
  show->add_option("id", flags.text, "Job id")->required();
  flags.add_common(*show);
  show->callback([&] { action = [&flags] { return show_job_command(flags.load(), flags.text); }; });

  add_job_change(*jobs, flags, action, "cancel", "Cancel jobs, running ones too", cancel_jobs_command);
  add_job_change(*jobs, flags, action, "retry", "Run failed or cancelled jobs again", retry_jobs_command);
}

void add_data_commands(CLI::App& program, Flags& flags, Action& action) {
  auto* backup =
      program.add_subcommand("backup", "Write the database and its secrets to a file, also while the server runs");
  backup->add_option("file", flags.file, "File to write")->required();
  backup->add_flag("--force", flags.force, "Replace an existing file");
  backup->add_flag("--without-secrets", flags.without_secrets, "Leave out jwt_secret and data_key");
  flags.add_common(*backup);
  backup->callback([&] {
    action = [&flags] { return backup_command(flags.load(), flags.file, flags.force, !flags.without_secrets); };
  });

  auto* restore =
      program.add_subcommand("restore", "Put a backup in the place of the database; the server must be stopped");
  restore->add_option("file", flags.file, "File that backup has written")->required();
  flags.add_common(*restore);
  restore->callback([&] { action = [&flags] { return restore_command(flags.load(), flags.file); }; });

  auto* check =
      program.add_subcommand("check", "Check the database and all that it promises, also while the server runs");
  check->add_flag("--repair", flags.repair, "Count jobs anew where the numbers are wrong; the server must be stopped");
  flags.add_common(*check);
  check->callback([&] { action = [&flags] { return check_command(flags.load(), flags.repair); }; });
}

void add_commands(CLI::App& program, Flags& flags, Action& action) {
  program.set_version_flag("--version", std::string(version()), "Print the version");
  flags.add_serve(program);

  auto* serve_command = program.add_subcommand("serve", "Run the server (the default)");
  flags.add_serve(*serve_command);
  serve_command->callback([&] { action = [&flags] { return serve(flags); }; });

  add_user_commands(program, flags, action);
  add_job_commands(program, flags, action);
  add_data_commands(program, flags, action);

  auto* config = program.add_subcommand("config", "Print the effective configuration, with secrets masked");
  flags.add_serve(*config);
  config->callback([&] {
    action = [&flags] {
      (void)handlers::load_handlers_file(load_config(flags.merged()).handlers_file);
      std::cout << describe_config(flags.merged());
      return 0;
    };
  });

  program.add_subcommand("version", "Print the version")->callback([&] {
    action = [] {
      std::cout << "taskgate " << version() << '\n';
      return 0;
    };
  });

  // For the test that holds the routes against contract/openapi.yaml.
  program.add_subcommand("routes", "Print method, pattern, policy and scope of every route")->group("")->callback([&] {
    action = [] { return print_routes(); };
  });
}

}  // namespace

int run_command_line(int argument_count, char** arguments) {
  Flags flags;
  Action action = [&flags] { return serve(flags); };
  CLI::App program("Taskgate: accounts, background jobs and live rooms in one program.", "taskgate");
  program.footer("Every setting is described in .env.example. Documentation: README.md.");
  add_commands(program, flags, action);
  try {
    program.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }
  try {
    initialize_crypto();
    return action();
  } catch (const std::exception& error) {
    std::cerr << "taskgate: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace taskgate::app
