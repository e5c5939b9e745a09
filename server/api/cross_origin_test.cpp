#include "api/cross_origin.h"

#include <gtest/gtest.h>

namespace taskgate::api {
namespace {

net::Request request_from(std::string_view origin, std::string_view site = {}) {
  net::Request request;
  request.method = "POST";
  request.headers.set("Host", "jobs.example.com");
  if (!origin.empty()) request.headers.set("Origin", std::string(origin));
  if (!site.empty()) request.headers.set("Sec-Fetch-Site", std::string(site));
  return request;
}

std::string allowed_origin(const CrossOrigin& policy, std::string_view origin) {
  net::Response response;
  policy.permit(request_from(origin), response);
  return std::string(response.headers.get("Access-Control-Allow-Origin"));
}

TEST(CrossOrigin, LetsOwnAndListedPagesReadWithCredentials) {
  const CrossOrigin policy({"https://app.example.com"}, false);
  net::Response response;
  policy.permit(request_from("https://app.example.com"), response);
  EXPECT_EQ(response.headers.get("Access-Control-Allow-Origin"), "https://app.example.com");
  EXPECT_EQ(response.headers.get("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(response.headers.get("Vary"), "Origin");
  EXPECT_EQ(allowed_origin(policy, "https://jobs.example.com"), "https://jobs.example.com");
}

TEST(CrossOrigin, MatchesOriginsExactly) {
  const CrossOrigin policy({"https://app.example.com"}, false);
  for (const auto* origin :
       {"https://app.example.com.evil.test", "https://evil.test", "null", "http://app.example.com",
        "https://app.example.com/", "ftp://jobs.example.com", "https://jobs.example.com.evil.test"}) {
    EXPECT_EQ(allowed_origin(policy, origin), "") << origin;
  }
}

TEST(CrossOrigin, TakesAnInsecurePageOfTheSameHostForAStranger) {
  const CrossOrigin policy({}, false);
  auto request = request_from("http://jobs.example.com");
  EXPECT_TRUE(policy.is_trusted(request));
  request.secure = true;
  EXPECT_FALSE(policy.is_trusted(request));
}

TEST(CrossOrigin, LetsAnyPageReadWithoutCredentialsWhereToldSo) {
  const CrossOrigin policy({}, true);
  net::Response response;
  policy.permit(request_from("https://other.test"), response);
  EXPECT_EQ(response.headers.get("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(response.headers.has("Access-Control-Allow-Credentials"));
}

TEST(CrossOrigin, AnswersPreflightsOnly) {
  const CrossOrigin policy({"https://app.example.com"}, false);
  auto request = request_from("https://app.example.com");
  EXPECT_FALSE(policy.preflight(request));
  request.method = "OPTIONS";
  EXPECT_FALSE(policy.preflight(request));
  request.headers.set("Access-Control-Request-Method", "POST");
  const auto answer = policy.preflight(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_NE(answer->headers.get("Access-Control-Allow-Headers").find("X-Token-Mode"), std::string_view::npos);

  auto stranger = request_from("https://evil.test");
  stranger.method = "OPTIONS";
  stranger.headers.set("Access-Control-Request-Method", "POST");
  EXPECT_FALSE(policy.preflight(stranger)->headers.has("Access-Control-Allow-Methods"));
}

TEST(CrossOrigin, BelievesCookiesOfOwnPagesOnly) {
  const CrossOrigin policy({"https://app.example.com"}, true);
  EXPECT_TRUE(policy.is_trusted(request_from("https://jobs.example.com", "same-origin")));
  EXPECT_TRUE(policy.is_trusted(request_from("https://app.example.com", "same-site")));
  EXPECT_TRUE(policy.is_trusted(request_from("")));
  EXPECT_FALSE(policy.is_trusted(request_from("https://evil.test", "cross-site")));
  EXPECT_FALSE(policy.is_trusted(request_from("null")));
  EXPECT_FALSE(policy.is_trusted(request_from("", "cross-site")));
}

}  // namespace
}  // namespace taskgate::api
