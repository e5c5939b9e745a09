#include "handlers/http_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "handlers/recording_context.h"
#include "handlers/test_web_server.h"

namespace taskgate::handlers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class HttpHandlerTest : public ::testing::Test {
 protected:
  HttpHandlerTest() {
    endpoint.secret = "a secret of sixteen bytes or more";
    endpoint.allow_private = true;
  }
  jobs::HandlerOutcome run(TestWebServer& server) {
    endpoint.url = server.url();
    return run_handler(*make_http_handler(endpoint, pool, clock), context);
  }
  jobs::HandlerOutcome answered(const std::string& status, const std::string& body, const std::string& headers = "") {
    TestWebServer server(TestWebServer::answer(status, body, headers));
    return run(server);
  }
  static jobs::FailedAttempt failure(const jobs::HandlerOutcome& outcome) {
    return std::get<jobs::FailedAttempt>(outcome);
  }
  static std::string result(const jobs::HandlerOutcome& outcome) { return std::get<jobs::Succeeded>(outcome).result; }

  ManualClock clock;
  Endpoint endpoint;
  WorkerPool pool{"test", 1, 1};
  std::shared_ptr<RecordingContext> context = std::make_shared<RecordingContext>(example_job(R"({"invoice":17})"));
};

TEST_F(HttpHandlerTest, PostsTheJobSigned) {
  TestWebServer server(TestWebServer::answer("200 OK", R"({"sent":true})"));
  EXPECT_EQ(result(run(server)), R"({"sent":true})");
  const std::string request = server.requests().at(0);
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_EQ(body, R"({"id":"0193000000000001","type":"Send invoice","data":{"invoice":17},"attempt":2,)"
                  R"("userId":"000000000000000000000007"})");
  const auto digest = hmac_sha256(endpoint.secret, "1767225600." + body);
  const auto signature = to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
  EXPECT_THAT(request, HasSubstr("\r\nX-Taskgate-Job: 0193000000000001\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Taskgate-Attempt: 2\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Taskgate-Timestamp: 1767225600\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Taskgate-Signature: sha256=" + signature + "\r\n"));
}

// The example of docs/handlers.md, computed with another program: printf '1767225600.{}' | openssl dgst -sha256 -hmac …
TEST_F(HttpHandlerTest, SignsAsDocumented) {
  const auto digest = hmac_sha256("0123456789abcdef", "1767225600.{}");
  EXPECT_EQ(to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}),
            "99902517b3069f78750aa0520b0493482454c2d30a579c7acc839f3363ca1b88");
}

TEST_F(HttpHandlerTest, TakesTheAnswerForTheResult) {
  EXPECT_EQ(result(answered("201 Created", "[1,2]")), "[1,2]");
  EXPECT_EQ(result(answered("204 No Content", "")), "null");
  EXPECT_EQ(result(answered("200 OK", "all done")), "\"all done\"");
}

TEST_F(HttpHandlerTest, RefusesAnAnswerThatIsTooLarge) {
  const auto failed = failure(answered("200 OK", std::string(300'000, 'x')));
  EXPECT_EQ(failed.error, "The answer has more than 256 KiB");
  EXPECT_FALSE(failed.retryable);
}

TEST_F(HttpHandlerTest, RetriesWhatMayPass) {
  for (const char* status :
       {"408 Request Timeout", "425 Too Early", "429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway",
        "503 Service Unavailable", "599 Whatever"}) {
    EXPECT_TRUE(failure(answered(status, "")).retryable) << status;
  }
  for (const char* status : {"302 Found", "304 Not Modified", "400 Bad Request", "401 Unauthorized", "404 Not Found",
                             "409 Conflict", "410 Gone", "422 Unprocessable Content"}) {
    EXPECT_FALSE(failure(answered(status, "")).retryable) << status;
  }
  EXPECT_EQ(failure(answered("400 Bad Request", "no such\ninvoice\x1B[0m")).error, "HTTP 400: no such\ninvoice[0m");
  EXPECT_EQ(failure(answered("302 Found", "", "Location: /other\r\n")).error, "HTTP 302: redirects are not followed");
}

TEST_F(HttpHandlerTest, WaitsAsLongAsItIsAskedTo) {
  EXPECT_EQ(failure(answered("429 Too Many Requests", "", "Retry-After: 90\r\n")).delay, seconds{90});
  EXPECT_EQ(failure(answered("503 Service Unavailable", "", "Retry-After: 9999999\r\n")).delay, std::chrono::hours{24});
  EXPECT_FALSE(failure(answered("503 Service Unavailable", "")).delay);
}

TEST_F(HttpHandlerTest, RetriesWhenThereIsNoAnswer) {
  TestWebServer silent("");
  endpoint.timeout = milliseconds{100};
  const auto failed = failure(run(silent));
  EXPECT_TRUE(failed.retryable);
  EXPECT_THAT(failed.error, HasSubstr("No answer: "));
}

TEST_F(HttpHandlerTest, RefusesPrivateAddressesUnlessAllowed) {
  TestWebServer server(TestWebServer::answer("200 OK", ""));
  endpoint.allow_private = false;
  const auto failed = failure(run(server));
  EXPECT_FALSE(failed.retryable);
  EXPECT_THAT(failed.error, HasSubstr("not public"));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpHandlerTest, EndsTheExchangeOfACancelledJob) {
  TestWebServer silent("");
  endpoint.url = silent.url();
  const auto outcome = run_handler(*make_http_handler(endpoint, pool, clock), context, [this] { context->stop(); });
  EXPECT_THAT(failure(outcome).error, HasSubstr("Stopped"));
}

}  // namespace
}  // namespace taskgate::handlers
