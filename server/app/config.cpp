#include "app/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "app/closest_name.h"
#include "app/env_file.h"
#include "net/trusted_proxies.h"

namespace taskgate::app {

namespace {

// One thing that can be set. `apply` writes the value into the configuration, or says what is wrong with it ("must be
// …").
struct Setting {
  std::string name;
  std::vector<std::string> aliases;  // other names that are accepted
  std::string fallback;              // the default, as text
  bool secret = false;
  std::function<std::optional<std::string>(Config&, const std::string& value)> apply;
};

using Complaint = std::optional<std::string>;

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Member, class Number = std::int64_t>
auto number(Member Config::*member, Number least, Number most, std::string unit = "") {
  return [=](Config& config, const std::string& value) -> Complaint {
    const auto parsed = to_number<Number>(value);
    if (!parsed || *parsed < least || *parsed > most) {
      return fmt::format("must be a number from {} to {}{}{}", least, most, unit.empty() ? "" : " ", unit);
    }
    if constexpr (std::is_same_v<Member, std::chrono::milliseconds> || std::is_same_v<Member, std::chrono::hours>) {
      config.*member = Member{static_cast<std::int64_t>(*parsed)};
    } else {
      config.*member = static_cast<Member>(*parsed);
    }
    return std::nullopt;
  };
}

// Up to a hundred years.
auto hours(std::chrono::hours Config::*member) {
  return number(member, std::int64_t{0}, std::int64_t{876'000}, "hours");
}

auto number_of_jobs(std::int64_t Config::*member) {
  return number(member, std::int64_t{0}, std::int64_t{1'000'000'000}, "jobs");
}

auto flag(bool Config::*member) {
  return [=](Config& config, const std::string& value) -> Complaint {
    const bool on = value == "on" || value == "true" || value == "1" || value == "yes";
    const bool off = value == "off" || value == "false" || value == "0" || value == "no";
    if (!on && !off) return "must be on or off";
    config.*member = on;
    return std::nullopt;
  };
}

auto text(std::string Config::*member) {
  return [=](Config& config, const std::string& value) -> Complaint {
    config.*member = value;
    return std::nullopt;
  };
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> items;
  while (!value.empty()) {
    const auto comma = value.find(',');
    auto item = value.substr(0, comma);
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
    const auto first = item.find_first_not_of(' ');
    if (first == std::string_view::npos) continue;
    items.emplace_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
  }
  return items;
}

bool is_origin(std::string_view value) {
  const auto scheme = value.starts_with("https://") ? 8U : value.starts_with("http://") ? 7U : 0U;
  const auto rest = value.substr(scheme);
  return scheme != 0 && !rest.empty() && rest.find_first_of("/?#@ \t\"<>\\") == std::string_view::npos;
}

Complaint set_origins(Config& config, const std::string& value) {
  config.cors_origins = split_list(value);
  for (const auto& origin : config.cors_origins) {
    if (!is_origin(origin)) {
      return fmt::format("must list origins such as https://app.example.com, without a path (\"{}\" is not one)",
                         origin);
    }
  }
  return std::nullopt;
}

Complaint set_proxies(Config& config, const std::string& value) {
  config.trusted_proxies = split_list(value);
  for (const auto& block : config.trusted_proxies) {
    try {
      const net::TrustedProxies readable(std::vector<std::string>{block});
    } catch (const std::runtime_error&) {
      return fmt::format("must list addresses or CIDR blocks such as 10.0.0.0/8 (\"{}\" is not one)", block);
    }
  }
  return std::nullopt;
}

Complaint set_metrics_token(Config& config, const std::string& value) {
  constexpr std::size_t length_min = 16;
  const bool sendable = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!value.empty() && (value.size() < length_min || !sendable)) {
    return "must have at least 16 characters, none of them a blank. Make one with: openssl rand -base64 24";
  }
  config.metrics_token = value;
  return std::nullopt;
}

Complaint set_public_url(Config& config, const std::string& value) {
  std::string url = value;
  while (url.ends_with('/')) url.pop_back();
  const bool with_scheme = url.starts_with("http://") || url.starts_with("https://");
  if (!url.empty() && (!with_scheme || url.find_first_of(" \t\"<>\\?#") != std::string::npos)) {
    return "must be the address people reach the server at, such as https://app.example.com";
  }
  config.public_url = url;
  return std::nullopt;
}

Complaint set_environment(Config& config, const std::string& value) {
  if (value != "development" && value != "production") return "must be development or production";
  config.production = value == "production";
  return std::nullopt;
}

Complaint set_log_level(Config& config, const std::string& value) {
  using log::Level;
  const std::map<std::string, Level> levels{
      {"debug", Level::debug}, {"info", Level::info}, {"warning", Level::warning}, {"error", Level::error}};
  const auto found = levels.find(value);
  if (found == levels.end()) return "must be debug, info, warning or error";
  config.log_level = found->second;
  return std::nullopt;
}

Complaint set_log_format(Config& config, const std::string& value) {
  if (value != "text" && value != "json") return "must be text or json";
  config.log_format = value == "json" ? log::Format::json : log::Format::text;
  return std::nullopt;
}

std::string default_hash_threads() {
  return std::to_string(std::max(1U, std::thread::hardware_concurrency()) > 1U ? std::thread::hardware_concurrency() - 1
                                                                               : 1U);
}

// The table of contents of the configuration. Defaults that depend on the mode are chosen by `production`.
std::vector<Setting> settings(bool production) {
  const std::string development_only = production ? "off" : "on";
  return {
      {"TASKGATE_ENV", {}, "development", false, set_environment},
      {"HOST", {}, production ? "0.0.0.0" : "localhost", false, text(&Config::host)},
      {"PORT", {}, "3000", false, number(&Config::port, std::int64_t{0}, std::int64_t{65535})},
      {"DATA_DIR", {}, "./data", false, text(&Config::data_dir)},
      {"PUBLIC_URL", {}, "", false, set_public_url},
      {"TLS_CERT", {}, "", false, text(&Config::tls_cert)},
      {"TLS_KEY", {}, "", false, text(&Config::tls_key)},
      {"IO_THREADS", {}, "0", false, number(&Config::io_threads, std::int64_t{0}, std::int64_t{64})},
      {"CORS_ORIGINS", {}, "", false, set_origins},
      {"TRUSTED_PROXIES", {}, "", false, set_proxies},
      {"CONNECTIONS_MAX",
       {},
       "20000",
       false,
       number(&Config::connections_max, std::int64_t{16}, std::int64_t{1000000}, "connections")},
      {"CONNECTIONS_PER_ADDRESS_MAX",
       {},
       "1000",
       false,
       number(&Config::connections_per_address_max, std::int64_t{0}, std::int64_t{1000000}, "connections")},
      {"HANDSHAKES_PER_SECOND", {}, "500", false, number(&Config::handshakes_per_second, 0.0, 1e6)},
      {"SOCKETS_PER_USER_MAX",
       {},
       "200",
       false,
       number(&Config::sockets_per_user_max, std::int64_t{0}, std::int64_t{1000000}, "sockets")},
      {"METRICS_TOKEN", {}, "", true, set_metrics_token},
      {"MONGODB_URI", {"MONGO_URI"}, "", true, text(&Config::mongodb_uri)},
      {"JWT_SECRET", {}, "", true, text(&Config::jwt_secret)},
      {"DATA_KEY", {}, "", true, text(&Config::data_key)},
      {"EMAIL_HOST", {"MAIL_HOST"}, "smtp.gmail.com", false, text(&Config::email_host)},
      {"EMAIL_PORT", {"MAIL_PORT"}, "587", false, number(&Config::email_port, std::int64_t{1}, std::int64_t{65535})},
      {"EMAIL_USER", {"MAIL_USER"}, "", false, text(&Config::email_user)},
      {"EMAIL_PASS", {"MAIL_PASSWORD"}, "", true, text(&Config::email_pass)},
      {"EMAIL_FROM", {"MAIL_FROM"}, "", false, text(&Config::email_from)},
      {"EMAIL_TLS", {}, "on", false, flag(&Config::email_tls)},
      {"LOG_LEVEL", {}, "info", false, set_log_level},
      {"LOG_FORMAT", {}, "text", false, set_log_format},
      {"ALLOW_GUESTS", {}, development_only, false, flag(&Config::allow_guests)},
      {"ALLOW_EIO3", {}, "off", false, flag(&Config::allow_eio3)},
      {"HANDLERS_FILE", {}, "", false, text(&Config::handlers_file)},
      {"WEBHOOKS_ALLOW_PRIVATE", {}, "off", false, flag(&Config::webhooks_allow_private)},
      {"SIMULATE_UNHANDLED", {}, development_only, false, flag(&Config::simulate_unhandled)},
      {"SIMULATE_SPEED", {}, "1", false, number(&Config::simulate_speed, 0.01, 1000.0)},
      {"RATE_LIMITS", {}, "on", false, flag(&Config::rate_limits)},
      {"BODY_BYTES_MAX",
       {},
       "1048576",
       false,
       number(&Config::body_bytes_max, std::int64_t{1024}, std::int64_t{67108864}, "bytes")},
      {"REFRESH_ROTATION", {}, "on", false, flag(&Config::refresh_rotation)},
      {"REFRESH_GRACE_MS",
       {},
       "30000",
       false,
       number(&Config::refresh_grace, std::int64_t{0}, std::int64_t{600000}, "milliseconds")},
      {"PASSWORD_LENGTH_MIN",
       {},
       "8",
       false,
       number(&Config::password_length_min, std::int64_t{8}, std::int64_t{64}, "characters")},
      {"PASSWORD_MIN_SCORE", {}, "2", false, number(&Config::password_min_score, std::int64_t{0}, std::int64_t{4})},
      {"HASH_THREADS",
       {},
       default_hash_threads(),
       false,
       number(&Config::hash_threads, std::int64_t{1}, std::int64_t{64})},
      {"FAIR_SHARE_EVERY",
       {},
       "8",
       false,
       number(&Config::fair_share_every, std::int64_t{0}, std::int64_t{1000000}, "claims")},
      {"QUEUE_BACKLOG_MAX",
       {},
       "1000000",
       false,
       number(&Config::queue_backlog_max, std::int64_t{0}, std::int64_t{1000000000}, "jobs")},
      {"RETAIN_COMPLETED_HOURS", {}, "168", false, hours(&Config::retain_completed)},
      {"RETAIN_FAILED_HOURS", {}, "720", false, hours(&Config::retain_failed)},
      {"RETAIN_FINISHED_MAX", {}, "0", false, number_of_jobs(&Config::retain_finished_max)},
      {"RETAIN_FINISHED_PER_USER_MAX", {}, "0", false, number_of_jobs(&Config::retain_finished_per_user_max)},
      {"RETAIN_UNVERIFIED_ACCOUNTS_HOURS", {}, "168", false, hours(&Config::retain_unverified_accounts)},
      {"STOP_GRACE_MS",
       {},
       "5000",
       false,
       number(&Config::stop_grace, std::int64_t{0}, std::int64_t{600000}, "milliseconds")},
  };
}

// A value and where it came from, for messages.
struct Found {
  std::string value;
  std::string origin;
};

class Lookup {
 public:
  explicit Lookup(const ConfigSources& sources) : sources_(sources) { read_env_file(); }

  // The value of a setting; nothing when it is not set anywhere. An empty value counts as not set.
  [[nodiscard]] std::optional<Found> find(const Setting& setting) const {
    if (const auto given = sources_.flags.find(setting.name); given != sources_.flags.end()) {
      return Found{given->second, "on the command line"};
    }
    for (const auto& name : names_of(setting)) {
      const auto value = sources_.environment ? sources_.environment(name) : std::nullopt;
      if (value && !value->empty()) return Found{*value, fmt::format("in the environment variable {}", name)};
    }
    for (const auto& name : names_of(setting)) {
      const auto line = file_.find(name);
      if (line != file_.end() && !line->second.empty())
        return Found{line->second, fmt::format("{} in {}", name, path_)};
    }
    return std::nullopt;
  }

  // What the file sets that is no setting of this program, each as a sentence: a misspelt name would go unnoticed.
  [[nodiscard]] std::vector<std::string> unknown_names(const std::vector<Setting>& known) const {
    std::vector<std::string> names;
    for (const auto& setting : known) {
      const auto all = names_of(setting);
      names.insert(names.end(), all.begin(), all.end());
    }
    std::vector<std::string> sentences;
    for (const auto& [name, value] : file_) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      const auto meant = closest_name(name, names);
      const auto hint = meant ? fmt::format("Did you mean {}?", *meant) : "It has no effect.";
      sentences.push_back(fmt::format("{} in {} is no setting. {}", name, path_, hint));
    }
    return sentences;
  }

 private:
  static std::vector<std::string> names_of(const Setting& setting) {
    std::vector<std::string> names{setting.name};
    names.insert(names.end(), setting.aliases.begin(), setting.aliases.end());
    return names;
  }

  void read_env_file() {
    const bool named = !sources_.env_file.empty();
    path_ = named ? sources_.env_file : ".env";
    std::ifstream input(path_, std::ios::binary);
    if (!input) {
      if (named)
        throw ConfigError(fmt::format("Cannot read the env file {}: check the path given with --env-file.", path_));
      return;
    }
    const std::string content{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    if (input.bad()) throw ConfigError(fmt::format("Cannot read the env file {}: is it a file?", path_));
    auto parsed = parse_env_file(content);
    if (!parsed) throw ConfigError(fmt::format("The env file {} cannot be used, {}.", path_, parsed.error().message));
    file_ = std::move(*parsed);
  }

  const ConfigSources& sources_;
  std::string path_;
  std::map<std::string, std::string> file_;
};

bool is_production(const Lookup& lookup) {
  const auto found = lookup.find(settings(false).front());
  return found && found->value == "production";
}

// Secrets from examples and tutorials, which everybody knows.
bool is_known_secret(std::string_view secret) {
  static constexpr std::array known{"secret",          "mysecret",    "jwt_secret",     "jwtsecret", "your_jwt_secret",
                                    "your-secret-key", "supersecret", "supersecretkey", "changeme",  "change-me",
                                    "change_me",       "password",    "taskgate",       "test",      "example"};
  std::string lower(secret);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool one_letter = lower.find_first_not_of(lower.substr(0, 1)) == std::string::npos;
  return one_letter || lower.find("change-me") != std::string::npos || lower.find("change_me") != std::string::npos ||
         lower.find("changeme") != std::string::npos || std::find(known.begin(), known.end(), lower) != known.end();
}

void check_secret(Config& config, const std::string& name, const std::string& secret) {
  if (secret.empty() || (secret.size() >= 32 && !is_known_secret(secret))) return;
  const std::string what =
      name +
      " is weak: it must have at least 32 bytes and be no well-known example. Make one with: openssl rand -base64 48";
  if (config.production) throw ConfigError(what + " (or leave it out: one is then made and kept in the data folder).");
  config.warnings.push_back(what);
}

void check_together(Config& config) {
  if (!config.mongodb_uri.empty()) {
    throw ConfigError(
        "MONGODB_URI is set, but this build has no MongoDB engine yet: it keeps everything in SQLite in the data "
        "folder. Remove MONGODB_URI "
        "(and MONGO_URI) to start.");
  }
  check_secret(config, "JWT_SECRET", config.jwt_secret);
  check_secret(config, "DATA_KEY", config.data_key);
  if (config.email_user.empty() != config.email_pass.empty()) {
    throw ConfigError("EMAIL_USER and EMAIL_PASS must be set together: one of them is missing.");
  }
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    throw ConfigError("TLS_CERT and TLS_KEY must be set together: one of them is missing.");
  }
  if (!config.production) return;
  if (!config.rate_limits)
    throw ConfigError("RATE_LIMITS=off is for load tests in development; remove it in production.");
  if (!config.email_tls) throw ConfigError("EMAIL_TLS=off is for development; remove it in production.");
  if (config.email_user.empty())
    config.warnings.emplace_back("EMAIL_USER is not set: links of mails are printed in this terminal.");
  if (config.public_url.empty())
    config.warnings.emplace_back("PUBLIC_URL is not set: links in mails point to localhost.");
  if (config.tls_cert.empty() && !config.public_url.starts_with("https://")) {
    config.warnings.emplace_back(
        "This server speaks plain HTTP: set TLS_CERT and TLS_KEY, or put a proxy with TLS before it and set PUBLIC_URL "
        "to "
        "its https address.");
  }
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Config load_config(const ConfigSources& sources) {
  const Lookup lookup(sources);
  Config config;
  const auto all = settings(is_production(lookup));
  config.warnings = lookup.unknown_names(all);
  for (const auto& setting : all) {
    const auto found = lookup.find(setting).value_or(Found{setting.fallback, "by default"});
    if (const auto complaint = setting.apply(config, found.value)) {
      const auto shown = setting.secret ? "the value" : fmt::format("\"{}\"", found.value);
      throw ConfigError(fmt::format("{} {}: {} ({}).", setting.name, *complaint, shown, found.origin));
    }
  }
  check_together(config);
  return config;
}

std::string describe_config(const ConfigSources& sources) {
  const Lookup lookup(sources);
  std::string lines;
  for (const auto& setting : settings(is_production(lookup))) {
    const auto found = lookup.find(setting);
    const auto& value = found ? found->value : setting.fallback;
    lines += fmt::format("{}={}\n", setting.name, setting.secret && !value.empty() ? "********" : value);
  }
  return lines;
}

}  // namespace taskgate::app
