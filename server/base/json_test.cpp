#include "base/json.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>

namespace taskgate {
namespace {

std::string refusal_of(std::string_view text, JsonLimits limits = {}) {
  const auto result = parse_json(text, limits);
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::bad_request);
  EXPECT_EQ(result.error().reason, "malformed_json");
  return result.error().message;
}

TEST(Json, ReadsWhatRfc8259Allows) {
  for (const char* text :
       {"null", "true", "0", "-0", "1.5e-3", "\"\"", "[]", "{}", " { \"a\" : [ 1 , \"\\u00e9\\ud83d\\ude00\" ] } \n"}) {
    EXPECT_TRUE(parse_json(text)) << text;
  }
  EXPECT_EQ(parse_json(R"("\ud83d\ude00")")->get_string(), "\xf0\x9f\x98\x80");
  EXPECT_EQ(parse_json("9223372036854775807")->get_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_json("18446744073709551615")->get_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(parse_json("18446744073709551616")->is_double());
  EXPECT_EQ(boost::json::serialize(*parse_json(R"({"b":{"x":1},"a":[true,null,"z"]})")),
            R"({"b":{"x":1},"a":[true,null,"z"]})");
}

TEST(Json, RefusesWhatRfc8259Refuses) {
  for (const char* text :
       {"",        " ",       "{",        "[1,]",           "{\"a\":1,}", "{a:1}",    "'a'",    "01",      "1.",
        ".5",      "+1",      "NaN",      "Infinity",       "tru",        "[1 2]",    "\"\t\"", "\"\\x\"", "\"a",
        "{\"a\"}", "// c\n1", "/* c */1", "\xef\xbb\xbf{}", "[1}",        "{\"a\" 1}"}) {
    EXPECT_NE(refusal_of(text), "accepted") << text;
  }
}

TEST(Json, RefusesDuplicateKeysHoweverWritten) {
  EXPECT_EQ(refusal_of(R"({"a":1,"a":1})"), "Malformed JSON: duplicate key at byte 12");
  EXPECT_NE(refusal_of(R"({"a":1,"\u0061":2})"), "accepted");
  EXPECT_NE(refusal_of(R"([{"x":{"k":1,"j":2,"k":3}}])"), "accepted");
  EXPECT_NE(refusal_of(R"({"":1,"":2})"), "accepted");
  EXPECT_EQ(refusal_of(R"({"a":{"a":1},"b":{"a":2},"A":3})"), "accepted");
}

TEST(Json, FindsADuplicateAmongManyKeysQuickly) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  EXPECT_EQ(refusal_of(text + "\"last\":0}"), "accepted");
  EXPECT_NE(refusal_of(text + "\"key0\":0}"), "accepted");
}

TEST(Json, RefusesNulWrittenOrEscaped) {
  EXPECT_NE(refusal_of(std::string_view("\"a\0b\"", 5)), "accepted");
  EXPECT_NE(refusal_of(R"("a\u0000b")").find("NUL"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"a\u0000":1})").find("NUL"), std::string::npos);
  EXPECT_NE(refusal_of(std::string_view("1\0", 2)), "accepted");
}

TEST(Json, RefusesLoneSurrogatesAndInvalidUtf8) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")", R"({"\udfff":1})",
                           "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xc3\"", "\"\xf5\x80\x80\x80\""}) {
    EXPECT_NE(refusal_of(text), "accepted") << text;
  }
}

TEST(Json, RefusesNestingBeyondTheLimitAndTrailingData) {
  EXPECT_EQ(refusal_of(std::string(32, '[') + std::string(32, ']')), "accepted");
  EXPECT_NE(refusal_of(std::string(33, '[') + std::string(33, ']')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(refusal_of("[[1]]", {.depth_max = 1}), "accepted");
  EXPECT_NE(refusal_of(std::string(1'000'000, '[')), "accepted");
  EXPECT_NE(refusal_of("{} {}").find("extra characters"), std::string::npos);
  EXPECT_NE(refusal_of("1 x"), "accepted");
}

TEST(RawJson, KeepsTheExactTextOfAMember) {
  const std::string text =
      R"( { "type" : "a,}\"" , "data" : { "n" : 12345678901234567890123 , "s":"]}" } ,"p":-1.50e+2 } )";
  ASSERT_TRUE(parse_json(text));
  EXPECT_EQ(raw_member(text, "data"), R"({ "n" : 12345678901234567890123 , "s":"]}" })");
  EXPECT_EQ(raw_member(text, "type"), R"("a,}\"")");
  EXPECT_EQ(raw_member(text, "p"), "-1.50e+2");
  EXPECT_FALSE(raw_member(text, "n"));
  EXPECT_FALSE(raw_member("{}", "a"));
  EXPECT_FALSE(raw_member("[1]", "a"));
}

TEST(RawJson, FindsAKeyThatIsWrittenWithEscapes) {
  EXPECT_EQ(raw_member(R"({"x":"data","d\u0061ta":7})", "data"), "7");
  EXPECT_EQ(raw_member(R"({"a\"b":true})", "a\"b"), "true");
}

TEST(RawJson, SplitsAnArray) {
  const std::string text = R"([ 1 , "a,b" , [1,[2]] , {"x":"}"},null ])";
  ASSERT_TRUE(parse_json(text));
  const std::vector<std::string_view> expected = {"1", R"("a,b")", "[1,[2]]", R"({"x":"}"})", "null"};
  EXPECT_EQ(raw_elements(text), expected);
  EXPECT_TRUE(raw_elements("[]").empty());
  EXPECT_TRUE(raw_elements(" [ ] ").empty());
}

TEST(RawJson, EndsOnTextThatIsNotValid) {
  for (const char* text : {"", "{", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":[", "{,}", "[,", "{\"a\\", "]"}) {
    (void)raw_member(text, "zz");
    (void)raw_elements(text);
  }
}

TEST(JsonWriter, WritesNestedValuesWithCommasWhereTheyBelong) {
  JsonWriter writer;
  writer.begin_object().member("status", "success").key("data").begin_array();
  writer.begin_object().member("n", 1).member("ok", true).end_object();
  writer.begin_object().end_object().raw("[1,2]").null().end_array();
  writer.key("empty").begin_array().end_array().member("big", std::int64_t{-9'007'199'254'740'993}).end_object();
  EXPECT_EQ(writer.text(),
            R"({"status":"success","data":[{"n":1,"ok":true},{},[1,2],null],"empty":[],"big":-9007199254740993})");
}

TEST(JsonWriter, EscapesStringsSoThatTheyReadBack) {
  std::string value;
  for (int byte = 1; byte < 128; ++byte) value.push_back(static_cast<char>(byte));
  value += "\xc3\xa9\xf0\x9f\x98\x80";
  JsonWriter writer;
  writer.string(value);
  const auto read = parse_json(writer.text());
  ASSERT_TRUE(read) << writer.text();
  EXPECT_EQ(read->get_string(), value);
}

TEST(JsonWriter, WritesNumbersThatReadBackTheSame) {
  const auto text_of = [](double value) {
    JsonWriter writer;
    writer.number(value);
    return writer.take();
  };
  EXPECT_EQ(text_of(10.0), "10");
  EXPECT_EQ(text_of(-2.0), "-2");
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(std::stod(text_of(1e300)), 1e300);
  EXPECT_EQ(std::strtod(text_of(5e-324).c_str(), nullptr), 5e-324);
  EXPECT_TRUE(parse_json(text_of(1e22)));
}

}  // namespace
}  // namespace taskgate
