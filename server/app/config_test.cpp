#include "app/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace taskgate::app {
namespace {

// An env file of its own for each test; the current folder's `.env` and the real environment are never read.
class ConfigTest : public testing::Test {
 protected:
  ConfigTest()
      : path_(std::filesystem::temp_directory_path() /
              ("taskgate-config-test-" + std::to_string(::getpid()) + ".env")) {
    write("");
  }
  ~ConfigTest() override { std::filesystem::remove(path_); }

  void write(const std::string& text) { std::ofstream(path_) << text; }

  ConfigSources sources(std::map<std::string, std::string> environment = {},
                        std::map<std::string, std::string> flags = {}) {
    return {path_.string(), std::move(flags), [environment](const std::string& name) -> std::optional<std::string> {
              const auto found = environment.find(name);
              return found == environment.end() ? std::nullopt : std::optional(found->second);
            }};
  }

  std::string refusal(const ConfigSources& from) {
    try {
      (void)load_config(from);
      return "accepted";
    } catch (const ConfigError& error) {
      return error.what();
    }
  }

  std::filesystem::path path_;
};

TEST_F(ConfigTest, StartsWithoutAnyConfiguration) {
  const auto config = load_config(sources());
  EXPECT_FALSE(config.production);
  EXPECT_EQ(config.port, 3000);
  EXPECT_EQ(config.data_dir, "./data");
  EXPECT_TRUE(config.allow_guests);
  EXPECT_TRUE(config.simulate_unhandled);
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(ConfigTest, KeepsFinishedJobsForSoManyHours) {
  EXPECT_EQ(load_config(sources()).retain_failed, std::chrono::hours(720));
  const auto config = load_config(sources({{"RETAIN_COMPLETED_HOURS", "1"}, {"RETAIN_FINISHED_PER_USER_MAX", "50"}}));
  EXPECT_EQ(config.retain_completed, std::chrono::hours(1));
  EXPECT_EQ(config.retain_finished_per_user_max, 50);
  EXPECT_NE(refusal(sources({{"RETAIN_FAILED_HOURS", "-1"}})).find("from 0 to 876000 hours"), std::string::npos);
}

TEST_F(ConfigTest, LaterSourcesWin) {
  write("PORT=1001\nHOST=10.0.0.1\nDATA_DIR=/file\n");
  const auto config = load_config(sources({{"PORT", "1002"}, {"HOST", "10.0.0.2"}}, {{"PORT", "1003"}}));
  EXPECT_EQ(config.port, 1003);
  EXPECT_EQ(config.host, "10.0.0.2");
  EXPECT_EQ(config.data_dir, "/file");
}

TEST_F(ConfigTest, AcceptsTheOldNamesOfMailSettings) {
  const auto config = load_config(sources({{"MAIL_HOST", "smtp.example.com"},
                                           {"MAIL_PORT", "2525"},
                                           {"MAIL_USER", "robot@example.com"},
                                           {"MAIL_PASSWORD", "hunter2"}}));
  EXPECT_EQ(config.email_host, "smtp.example.com");
  EXPECT_EQ(config.email_port, 2525);
  EXPECT_EQ(config.email_user, "robot@example.com");
  EXPECT_EQ(config.email_pass, "hunter2");
}

TEST_F(ConfigTest, IsStrictInProduction) {
  const auto config =
      load_config(sources({{"TASKGATE_ENV", "production"}, {"PUBLIC_URL", "https://jobs.example.com/"}}));
  EXPECT_TRUE(config.production);
  EXPECT_FALSE(config.allow_guests);
  EXPECT_FALSE(config.simulate_unhandled);
  EXPECT_EQ(config.public_url, "https://jobs.example.com");
  EXPECT_NE(refusal(sources({{"TASKGATE_ENV", "production"}, {"JWT_SECRET", "secret"}})).find("JWT_SECRET is weak"),
            std::string::npos);
  EXPECT_NE(refusal(sources({{"TASKGATE_ENV", "production"}, {"RATE_LIMITS", "off"}})).find("RATE_LIMITS=off"),
            std::string::npos);
}

TEST_F(ConfigTest, OnlyWarnsOfAWeakSecretInDevelopment) {
  const auto config = load_config(sources({{"JWT_SECRET", "supersecretkey"}}));
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_NE(config.warnings[0].find("JWT_SECRET is weak"), std::string::npos);
}

TEST_F(ConfigTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(refusal(sources({{"PORT", "70000"}})),
            "PORT must be a number from 0 to 65535: \"70000\" (in the environment variable PORT).");
  EXPECT_EQ(refusal(sources({}, {{"PORT", "http"}})),
            "PORT must be a number from 0 to 65535: \"http\" (on the command line).");
  write("RATE_LIMITS=maybe\n");
  EXPECT_EQ(refusal(sources()), "RATE_LIMITS must be on or off: \"maybe\" (RATE_LIMITS in " + path_.string() + ").");
  write("this is no env file\n");
  EXPECT_EQ(refusal(sources()),
            "The env file " + path_.string() + " cannot be used, line 1: it is not of the form NAME=value.");
}

TEST_F(ConfigTest, WarnsOfNamesInTheFileThatAreNoSettings) {
  write("RATE_LIMIT=on\nMAIL_HOST=smtp.example.com\nPOSTGRES_URL=postgres://localhost\nPORT=4000\n");
  const auto config = load_config(sources());
  EXPECT_EQ(config.warnings, (std::vector<std::string>{
                                 "POSTGRES_URL in " + path_.string() + " is no setting. It has no effect.",
                                 "RATE_LIMIT in " + path_.string() + " is no setting. Did you mean RATE_LIMITS?"}));
  EXPECT_EQ(config.port, 4000);
}

TEST_F(ConfigTest, RefusesAMetricsTokenThatCanBeGuessedOrCannotBeSent) {
  EXPECT_NE(refusal(sources({{"METRICS_TOKEN", "short"}})).find("at least 16 characters"), std::string::npos);
  EXPECT_NE(refusal(sources({{"METRICS_TOKEN", "with a blank in it"}})).find("METRICS_TOKEN must"), std::string::npos);
  EXPECT_EQ(refusal(sources({{"METRICS_TOKEN", "short"}})).find("short"), std::string::npos) << "it is a secret";
  EXPECT_EQ(load_config(sources({{"METRICS_TOKEN", "0123456789abcdef"}})).metrics_token, "0123456789abcdef");
}

TEST_F(ConfigTest, WantsACertificateAndItsKey) {
  EXPECT_EQ(refusal(sources({{"TLS_CERT", "/c.pem"}})),
            "TLS_CERT and TLS_KEY must be set together: one of them is missing.");
  EXPECT_EQ(refusal(sources({{"TLS_KEY", "/k.pem"}})),
            "TLS_CERT and TLS_KEY must be set together: one of them is missing.");
  const auto config = load_config(sources({{"TASKGATE_ENV", "production"},
                                           {"PUBLIC_URL", "http://app.example.com"},
                                           {"EMAIL_USER", "u"},
                                           {"EMAIL_PASS", "p"},
                                           {"TLS_CERT", "/c.pem"},
                                           {"TLS_KEY", "/k.pem"}}));
  EXPECT_EQ(config.tls_cert, "/c.pem");
  EXPECT_EQ(config.tls_key, "/k.pem");
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(ConfigTest, TakesTheHandlersFile) {
  EXPECT_EQ(load_config(sources()).handlers_file, "");
  write("HANDLERS_FILE=/etc/taskgate/handlers.json\n");
  EXPECT_EQ(load_config(sources()).handlers_file, "/etc/taskgate/handlers.json");
  EXPECT_NE(describe_config(sources()).find("HANDLERS_FILE=/etc/taskgate/handlers.json\n"), std::string::npos);
}

TEST_F(ConfigTest, RefusesAnEngineItDoesNotHave) {
  EXPECT_NE(refusal(sources({{"MONGO_URI", "mongodb://localhost/app"}})).find("no MongoDB engine yet"),
            std::string::npos);
}

TEST_F(ConfigTest, RefusesProxiesThatAreNoAddresses) {
  EXPECT_EQ(refusal(sources({{"TRUSTED_PROXIES", "10.0.0.0/8, 1.2.3.4/99"}})),
            "TRUSTED_PROXIES must list addresses or CIDR blocks such as 10.0.0.0/8 (\"1.2.3.4/99\" is not one): "
            "\"10.0.0.0/8, 1.2.3.4/99\" (in the environment variable TRUSTED_PROXIES).");
  EXPECT_EQ(load_config(sources({{"TRUSTED_PROXIES", "10.0.0.0/8, ::1"}})).trusted_proxies,
            (std::vector<std::string>{"10.0.0.0/8", "::1"}));
}

TEST_F(ConfigTest, RefusesOriginsThatAreNone) {
  EXPECT_NE(refusal(sources({{"CORS_ORIGINS", "https://a.example, *"}})).find("\"*\" is not one"), std::string::npos);
  const auto config = load_config(sources({{"CORS_ORIGINS", "https://a.example, http://localhost:5173"}}));
  EXPECT_EQ(config.cors_origins, (std::vector<std::string>{"https://a.example", "http://localhost:5173"}));
}

TEST_F(ConfigTest, MasksSecretsWhenDescribed) {
  const auto text = describe_config(sources({{"JWT_SECRET", "a-very-secret-thing"}, {"EMAIL_PASS", "hunter2"}}));
  EXPECT_EQ(text.find("a-very-secret-thing"), std::string::npos);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_NE(text.find("JWT_SECRET=********\n"), std::string::npos);
  EXPECT_NE(text.find("PORT=3000\n"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::app
