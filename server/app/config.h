#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace taskgate::app {

// Everything that can be set, as the program uses it. Names and defaults: `settings()` in config.cpp, docs in
// .env.example.
struct Config {
  bool production = false;
  std::string host;
  std::uint16_t port = 3000;
  std::string data_dir;
  std::string public_url;  // without a trailing slash; empty: this machine's own address
  std::string tls_cert;    // paths of PEM files; both or none
  std::string tls_key;
  std::size_t io_threads = 0;  // 0: the cores
  std::vector<std::string> cors_origins;
  std::vector<std::string> trusted_proxies;
  std::size_t connections_max = 20'000;
  std::size_t connections_per_address_max = 1'000;  // 0: any number
  double handshakes_per_second = 500;               // of new socket sessions; 0: any number
  std::size_t sockets_per_user_max = 200;           // 0: any number
  std::string metrics_token;                        // who shows it may read the metrics; empty: nobody does
  std::string jwt_secret;                           // empty: made at the first start and kept in the data folder
  std::string data_key;                             // likewise; seals secrets in the store
  std::string mongodb_uri;

  std::string email_host;
  std::uint16_t email_port = 587;
  std::string email_user;
  std::string email_pass;
  std::string email_from;  // empty: email_user
  bool email_tls = true;

  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;

  bool allow_guests = true;
  bool allow_eio3 = false;
  bool webhooks_allow_private = false;
  std::string handlers_file;  // path; empty: no commands and no URLs run jobs
  bool simulate_unhandled = true;
  double simulate_speed = 1;
  bool rate_limits = true;
  std::size_t body_bytes_max = 1024 * 1024;
  bool refresh_rotation = true;
  std::chrono::milliseconds refresh_grace{30'000};
  std::size_t password_length_min = 8;
  int password_min_score = 2;
  std::size_t hash_threads = 1;
  std::uint32_t fair_share_every = 8;
  std::int64_t queue_backlog_max = 1'000'000;             // pending jobs per user; 0: no cap
  std::chrono::hours retain_completed{7 * 24};            // finished jobs; 0: for ever
  std::chrono::hours retain_failed{30 * 24};              // and cancelled ones; likewise
  std::int64_t retain_finished_max = 0;                   // jobs of all users; 0: any number
  std::int64_t retain_finished_per_user_max = 0;          // likewise, of each user
  std::chrono::hours retain_unverified_accounts{7 * 24};  // after their last link ended; 0: for ever
  std::chrono::milliseconds stop_grace{5'000};

  // Things the operator should know, in sentences; shown at the start.
  std::vector<std::string> warnings;
};

// The configuration cannot be used; the message says what, where and what to do.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Where values come from, the later ones winning: defaults → .env file → environment → flags.
struct ConfigSources {
  std::string env_file;                      // path; empty: `.env` in the current folder, if there is one
  std::map<std::string, std::string> flags;  // by setting name, from the command line
  // Looks one name up in the environment; the program passes `environment_variable`, tests their own.
  std::function<std::optional<std::string>(const std::string& name)> environment;
};

[[nodiscard]] std::optional<std::string> environment_variable(const std::string& name);

// Throws ConfigError: an unreadable or malformed env file, a value out of its range, a weak JWT_SECRET in production,
// MONGODB_URI in a build without that engine.
[[nodiscard]] Config load_config(const ConfigSources& sources);

// The effective configuration, one `NAME=value` a line with secrets masked, for `taskgate config`.
[[nodiscard]] std::string describe_config(const ConfigSources& sources);

}  // namespace taskgate::app
