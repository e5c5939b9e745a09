#include "handlers/http_post.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/test_web_server.h"

namespace taskgate::handlers {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

HttpPost request_to(const std::string& url, bool allow_private = true) {
  HttpPost request;
  request.url = url;
  request.body = R"({"id":1})";
  request.headers = {"Content-Type: application/json"};
  request.allow_private = allow_private;
  return request;
}

class HttpPostTest : public ::testing::Test {
 protected:
  StopSignal stop;
};

TEST_F(HttpPostTest, SendsTheBodyAndReturnsTheAnswer) {
  TestWebServer server(TestWebServer::answer("200 OK", R"({"sent":true})"));
  const auto answer = post(request_to(server.url()), stop);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"sent":true})");
  ASSERT_EQ(server.requests().size(), 1U);
  const auto request = server.requests()[0];
  EXPECT_THAT(request, ::testing::StartsWith("POST /jobs?a=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nUser-Agent: taskgate\r\n"));
  EXPECT_THAT(request, ::testing::EndsWith("\r\n\r\n{\"id\":1}"));
}

TEST_F(HttpPostTest, DoesNotFollowRedirects) {
  TestWebServer elsewhere(TestWebServer::answer("200 OK", ""));
  TestWebServer server(TestWebServer::answer("307 Temporary Redirect", "", "Location: " + elsewhere.url() + "\r\n"));
  EXPECT_EQ(post(request_to(server.url()), stop).status, 307);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(HttpPostTest, RefusesPrivateAddressesHoweverTheyAreWritten) {
  TestWebServer server(TestWebServer::answer("200 OK", ""));
  for (const char* host : {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]",
                           "localhost", "[::]", "[64:ff9b::7f00:1]"}) {
    const auto answer = post(request_to(server.url(host), false), stop);
    EXPECT_EQ(answer.status, 0) << host;
    EXPECT_TRUE(answer.address_refused) << host << ": " << answer.error;
  }
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(post(request_to("http://169.254.169.254/latest/meta-data", false), stop).address_refused);
  EXPECT_TRUE(post(request_to("https://10.1.2.3/", false), stop).address_refused);
}

TEST_F(HttpPostTest, RefusesANameThatResolvesToAPrivateAddress) {
  TestWebServer server(TestWebServer::answer("200 OK", ""));
  auto request = request_to(server.url("innocent.example.com"), false);
  for (const char* address : {"127.0.0.1", "169.254.169.254", "[::1]", "[fd00:ec2::254]", "127.0.0.1,[::1],10.0.0.1"}) {
    request.resolve = {"innocent.example.com:" + server.port() + ":" + address};
    EXPECT_TRUE(post(request, stop).address_refused) << address;
  }
  EXPECT_EQ(server.connections(), 0);
  // The same name and address, where it is allowed.
  request.resolve = {"innocent.example.com:" + server.port() + ":127.0.0.1"};
  request.allow_private = true;
  EXPECT_EQ(post(request, stop).status, 200);
}

TEST_F(HttpPostTest, IgnoresProxiesOfTheEnvironment) {
  TestWebServer proxy(TestWebServer::answer("200 OK", "from the proxy"));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const auto answer = post(request_to("http://127.0.0.1:" + proxy.port() + "/", false), stop);
  ::unsetenv("http_proxy");
  EXPECT_TRUE(answer.address_refused);
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(HttpPostTest, SpeaksHttpOnly) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/"}) {
    const auto answer = post(request_to(url), stop);
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.body, "");
    EXPECT_NE(answer.error, "");
  }
}

TEST_F(HttpPostTest, CutsALongAnswer) {
  TestWebServer server(TestWebServer::answer("200 OK", std::string(3'000'000, 'x')));
  const auto answer = post(request_to(server.url()), stop);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body_too_large);
  EXPECT_EQ(answer.body.size(), 256U * 1024);
}

TEST_F(HttpPostTest, TakesAnAnswerThatJustFits) {
  TestWebServer server(TestWebServer::answer("200 OK", std::string(256 * 1024, 'x')));
  const auto answer = post(request_to(server.url()), stop);
  EXPECT_FALSE(answer.body_too_large);
  EXPECT_EQ(answer.body.size(), 256U * 1024);
}

TEST_F(HttpPostTest, ReadsRetryAfter) {
  TestWebServer server(TestWebServer::answer("503 Service Unavailable", "", "Retry-After: 120\r\n"));
  EXPECT_EQ(post(request_to(server.url()), stop).retry_after, std::chrono::seconds{120});
}

TEST_F(HttpPostTest, GivesUpAtTheTimeout) {
  TestWebServer server("");
  auto request = request_to(server.url());
  request.timeout = milliseconds{200};
  const auto answer = post(request, stop);
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.error, HasSubstr("timed out"));
  EXPECT_TRUE(server.client_left());
}

TEST_F(HttpPostTest, EndsWhenItIsStopped) {
  TestWebServer server("");
  server.on_request([this] { stop.raise(); });
  const auto answer = post(request_to(server.url()), stop);
  EXPECT_TRUE(answer.stopped);
  EXPECT_TRUE(server.client_left());
}

TEST_F(HttpPostTest, TellsThatNobodyListens) {
  std::string url;
  {
    TestWebServer gone("");
    url = gone.url();
  }
  const auto answer = post(request_to(url), stop);
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.address_refused);
  EXPECT_THAT(answer.error, HasSubstr("connect"));
}

TEST(UrlComplaint, WantsAnHttpUrlWithAHost) {
  EXPECT_FALSE(url_complaint("https://example.com/jobs?key=1"));
  EXPECT_FALSE(url_complaint("http://[::1]:8080/"));
  EXPECT_EQ(url_complaint("ftp://example.com/"), "must begin with https:// or http://");
  EXPECT_EQ(url_complaint("example.com/jobs"), "must be a URL");
  EXPECT_EQ(url_complaint("https://ann:secret@example.com/"), "must not contain a user name or a password");
  EXPECT_TRUE(url_complaint("https://").has_value());
  EXPECT_TRUE(url_complaint("").has_value());
}

}  // namespace
}  // namespace taskgate::handlers
