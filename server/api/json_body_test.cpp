#include "api/json_body.h"

#include <gtest/gtest.h>

namespace taskgate::api {
namespace {

net::Request request_with(std::string body, std::string content_type = "application/json") {
  net::Request request;
  request.body = std::move(body);
  request.headers.set("Content-Type", std::move(content_type));
  return request;
}

TEST(JsonBody, ReadsFieldsAndIgnoresOthers) {
  const auto request = request_with(
      R"({"email":"a@b.c","priority":1.5,"maxRetries":2,"role":"admin","data":{"n":12345678901234567890123}})");
  auto body = JsonBody::read(request);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->string("email"), "a@b.c");
  EXPECT_EQ(body->number("priority"), 1.5);
  EXPECT_EQ(body->integer("maxRetries"), 2);
  EXPECT_EQ(body->raw("data"), R"({"n":12345678901234567890123})");
  EXPECT_EQ(body->string("absent"), std::nullopt);
  EXPECT_FALSE(body->failure());
}

TEST(JsonBody, NamesEveryFieldThatIsWrong) {
  auto body = JsonBody::read(request_with(R"({"email":{"$gt":""},"priority":"high","maxRetries":1.5,"password":""})"));
  ASSERT_TRUE(body);
  (void)body->required_string("email", "Email is required");
  (void)body->required_string("password", "Password is required");
  (void)body->number("priority");
  (void)body->integer("maxRetries");
  const auto failure = body->failure();
  ASSERT_TRUE(failure);
  ASSERT_EQ(failure->fields.size(), 4U);
  EXPECT_EQ(failure->fields[0].message, "email must be a string");
  EXPECT_EQ(failure->fields[1].message, "Password is required");
  EXPECT_EQ(failure->fields[2].message, "priority must be a number");
  EXPECT_EQ(failure->fields[3].message, "maxRetries must be a whole number");
}

TEST(JsonBody, RefusesWhatIsNoJsonObject) {
  EXPECT_EQ(JsonBody::read(request_with("{\"a\":")).error().reason, "malformed_json");
  EXPECT_EQ(JsonBody::read(request_with("[1]")).error().reason, "validation_failed");
  EXPECT_EQ(JsonBody::read(request_with("{}", "text/plain")).error().reason, "unsupported_media_type");
  EXPECT_TRUE(JsonBody::read(request_with("{}", "Application/JSON; charset=utf-8")));
  EXPECT_TRUE(JsonBody::read(request_with("", "")));
}

}  // namespace
}  // namespace taskgate::api
