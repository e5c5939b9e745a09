#include "handlers/handlers_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace taskgate::handlers {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string refusal(const std::string& text) {
  try {
    (void)parse_handlers_file(text, "handlers.json");
    return "accepted";
  } catch (const HandlersFileError& error) {
    return error.what();
  }
}

std::string exec(const std::string& members) { return R"({"exec":{"Resize image":{)" + members + "}}}"; }
std::string http(const std::string& members) { return R"({"http":{"Send invoice":{)" + members + "}}}"; }

TEST(HandlersFile, ReadsBothKinds) {
  const auto file = parse_handlers_file(R"({
    "exec": {"Resize image": {"command": ["/bin/sh", "-c", "exit 0"], "concurrency": 2, "timeoutMs": 1000, "graceMs": 0,
                              "environment": {"LANG": "C"}, "workingDirectory": "/usr"}},
    "http": {"Send invoice": {"url": "https://example.com/jobs", "secret": "0123456789abcdef", "concurrency": 4, "timeoutMs": 5,
                              "allowPrivate": true}}})",
                                        "handlers.json");
  const auto& resize = file.exec.at("Resize image");
  EXPECT_THAT(resize.command.arguments, ElementsAre("/bin/sh", "-c", "exit 0"));
  EXPECT_EQ(resize.concurrency, 2U);
  EXPECT_EQ(resize.command.timeout, milliseconds{1'000});
  EXPECT_EQ(resize.command.grace, milliseconds{0});
  EXPECT_EQ(resize.command.working_directory, "/usr");
  EXPECT_THAT(resize.command.environment, ElementsAre(Pair("LANG", "C")));
  const auto& invoice = file.http.at("Send invoice");
  EXPECT_EQ(invoice.endpoint.url, "https://example.com/jobs");
  EXPECT_EQ(invoice.endpoint.secret, "0123456789abcdef");
  EXPECT_EQ(invoice.concurrency, 4U);
  EXPECT_EQ(invoice.endpoint.timeout, milliseconds{5});
  EXPECT_TRUE(invoice.endpoint.allow_private);
}

TEST(HandlersFile, HasTheDocumentedDefaults) {
  const auto file = parse_handlers_file(
      R"({"exec":{"a":{"command":["/bin/sh"]}},"http":{"b":{"url":"http://example.com","secret":"0123456789abcdef"}}})",
      "");
  const auto& command = file.exec.at("a").command;
  EXPECT_EQ(command.timeout, milliseconds{60'000});
  EXPECT_EQ(command.grace, milliseconds{5'000});
  EXPECT_EQ(command.working_directory, "/");
  EXPECT_EQ(file.exec.at("a").concurrency, 1U);
  EXPECT_EQ(file.http.at("b").endpoint.timeout, milliseconds{30'000});
  EXPECT_FALSE(file.http.at("b").endpoint.allow_private);
  EXPECT_TRUE(parse_handlers_file("{}", "").exec.empty());
}

TEST(HandlersFile, NamesTheLineOfAMalformedText) {
  EXPECT_THAT(refusal("{\n  \"exec\": {},\n  \"http\": {,}\n}"),
              ::testing::StartsWith("HANDLERS_FILE handlers.json cannot be used: line 3: Malformed JSON: "));
  EXPECT_THAT(refusal("{\n\"exec\": {\n"), HasSubstr("unexpected end"));
  EXPECT_THAT(refusal("[]"), HasSubstr("the file: must be an object"));
}

TEST(HandlersFile, NamesTheFieldThatIsWrong) {
  const std::string command = R"("command":["/bin/sh"])";
  const std::string endpoint = R"("url":"http://example.com","secret":"0123456789abcdef")";
  EXPECT_EQ(refusal(exec(command + R"(,"timeoutMs":0)")),
            "HANDLERS_FILE handlers.json cannot be used: exec.\"Resize image\".timeoutMs: must be a whole number from "
            "1 to 86400000.");
  EXPECT_THAT(refusal(exec(command + R"(,"concurrency":65)")),
              HasSubstr("concurrency: must be a whole number from 1 to 64"));
  EXPECT_THAT(refusal(exec(command + R"(,"concurrency":"2")")), HasSubstr("concurrency: must be"));
  EXPECT_THAT(refusal(exec(command + R"(,"graceMs":60001)")), HasSubstr("graceMs: must be"));
  EXPECT_THAT(refusal(exec(command + R"(,"timeout":1)")),
              HasSubstr("\"Resize image\".timeout: is unknown; known are command, "));
  EXPECT_THAT(refusal(exec("")), HasSubstr("command: must be an array"));
  EXPECT_THAT(refusal(exec(R"("command":"/bin/sh -c id")")), HasSubstr("command: must be an array"));
  EXPECT_THAT(refusal(exec(R"("command":["sh"])")), HasSubstr("command[0]: must be an absolute path"));
  EXPECT_THAT(refusal(exec(R"("command":["/etc/passwd"])")),
              HasSubstr("command[0]: must be a program that may be executed"));
  EXPECT_THAT(refusal(exec(R"("command":["/bin/sh",7])")), HasSubstr("command[1]: must be a string"));
  EXPECT_THAT(refusal(exec(command + R"(,"environment":{"A B":"c"})")),
              HasSubstr("environment.\"A B\": must be named"));
  EXPECT_THAT(refusal(exec(command + R"(,"environment":{"A":1})")), HasSubstr("environment.A: must be a string"));
  EXPECT_THAT(refusal(exec(command + R"(,"workingDirectory":"/nonexistent")")), HasSubstr("workingDirectory: must be"));
  EXPECT_THAT(refusal(http(R"("secret":"0123456789abcdef")")), HasSubstr("url: is missing"));
  EXPECT_THAT(refusal(http(R"("url":"ftp://example.com","secret":"0123456789abcdef")")),
              HasSubstr("url: must begin with https://"));
  EXPECT_THAT(refusal(http(R"("url":"http://example.com","secret":"short")")),
              HasSubstr("secret: must be a string of at least 16 bytes"));
  EXPECT_THAT(refusal(http(endpoint + R"(,"allowPrivate":"yes")")), HasSubstr("allowPrivate: must be true or false"));
  EXPECT_THAT(refusal(R"({"exec":{"  ":{"command":["/bin/sh"]}}})"), HasSubstr("must be a job type"));
  EXPECT_THAT(refusal(R"({"webhooks":{}})"), HasSubstr("webhooks: is unknown; known are exec, http"));
}

TEST(HandlersFile, DoesNotShowSecrets) {
  EXPECT_THAT(refusal(http(R"("url":"http://example.com","secret":"hunter2")")), ::testing::Not(HasSubstr("hunter2")));
}

TEST(HandlersFile, GivesATypeOneHandler) {
  EXPECT_THAT(
      refusal(
          R"({"exec":{"a b":{"command":["/bin/sh"]}},"http":{"a b":{"url":"http://example.com","secret":"0123456789abcdef"}}})"),
      HasSubstr("http.\"a b\": is in \"exec\", too"));
}

TEST(HandlersFile, BoundsTheThreads) {
  std::string types;
  for (int count = 0; count < 5; ++count) {
    types += (types.empty() ? "\"" : ",\"") + std::to_string(count) + R"(":{"command":["/bin/sh"],"concurrency":64})";
  }
  EXPECT_THAT(refusal(R"({"exec":{)" + types + "}}"),
              HasSubstr("concurrency: must be at most 256 over all types, and is 320"));
}

TEST(HandlersFile, TellsThatAFileCannotBeRead) {
  EXPECT_THROW((void)load_handlers_file("/nonexistent/handlers.json"), HandlersFileError);
  EXPECT_THROW((void)load_handlers_file(std::filesystem::temp_directory_path()), HandlersFileError);
  EXPECT_TRUE(load_handlers_file("").http.empty());
}

}  // namespace
}  // namespace taskgate::handlers
