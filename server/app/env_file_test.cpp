#include "app/env_file.h"

#include <gtest/gtest.h>

namespace taskgate::app {
namespace {

using Values = std::map<std::string, std::string>;

TEST(EnvFile, ReadsBareAndQuotedValues) {
  const auto values = parse_env_file(
      "# Taskgate\n"
      "PORT=3000\n"
      "  export HOST = 127.0.0.1  # loopback\r\n"
      "\n"
      "EMPTY=\n"
      "SINGLE='a # b \\n'  # comment\n"
      "DOUBLE=\"a \\\"b\\\" \\n c\"\n"
      "HASH=a#b\n");
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(*values, (Values{{"PORT", "3000"},
                             {"HOST", "127.0.0.1"},
                             {"EMPTY", ""},
                             {"SINGLE", "a # b \\n"},
                             {"DOUBLE", "a \"b\" \n c"},
                             {"HASH", "a#b"}}));
}

TEST(EnvFile, TakesTheLastOfANameAndSkipsAByteOrderMark) {
  const auto values = parse_env_file("\xEF\xBB\xBFPORT=1\nPORT=2");
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (Values{{"PORT", "2"}}));
}

TEST(EnvFile, NamesTheLineThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"A=1\nnonsense\n", "line 2: it is not of the form NAME=value"},
      {"2A=1\n", "line 1: the name before '=' may have only letters, digits and '_', and no digit first"},
      {"=1\n", "line 1: the name before '=' may have only letters, digits and '_', and no digit first"},
      {"\n\nA=\"open\n", "line 3: the quote is not closed"},
      {"A='x' y\n", "line 1: there is text after the closing quote"},
      {std::string("A=\0\x01", 4), "line 1: it has control characters, so this is no text file"},
  };
  for (const auto& [text, message] : cases) {
    const auto values = parse_env_file(text);
    ASSERT_FALSE(values) << text;
    EXPECT_EQ(values.error().message, message);
  }
}

}  // namespace
}  // namespace taskgate::app
