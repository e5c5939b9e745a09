#include "net/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/target.h"
#include "net/test_client.h"
#include "net/test_server.h"

namespace taskgate::net {
namespace {

struct Smuggling {
  const char* name;
  std::string request;
  int status;
};

// After each of these the rest of the input cannot be trusted: one refusal, then the end of the connection. What
// follows them must never be taken for a request.
std::vector<Smuggling> smuggling_attempts() {
  const auto post = [](const std::string& fields, const std::string& body = "") {
    return "POST / HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n" + body;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"length and chunks", post("Content-Length: 4\r\n" + chunked, "0\r\n\r\n"), 400},
      {"chunks and length", post(chunked + "Content-Length: 4\r\n", "0\r\n\r\n"), 400},
      {"two different lengths", post("Content-Length: 4\r\nContent-Length: 5\r\n", "abcd"), 400},
      {"the same length twice", post("Content-Length: 4\r\nContent-Length: 4\r\n", "abcd"), 400},
      {"a list of lengths", post("Content-Length: 4, 4\r\n", "abcd"), 400},
      {"a signed length", post("Content-Length: +4\r\n", "abcd"), 400},
      {"a negative length", post("Content-Length: -4\r\n", "abcd"), 400},
      {"a hexadecimal length", post("Content-Length: 0x4\r\n", "abcd"), 400},
      {"an empty length", post("Content-Length: \r\n", "abcd"), 400},
      {"a length beyond 64 bits", post("Content-Length: 18446744073709551620\r\n", "abcd"), 400},
      {"an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
      {"chunked not last", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 501},
      {"chunked after another", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"chunked twice", post(chunked + chunked, "0\r\n\r\n"), 400},
      {"chunked and a second coding", post(chunked + "Transfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
      {"a vertical tab before chunked", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: test\r\n" + chunked + "\r\n0\r\n\r\n", 400},
      {"white space before the colon", post("Content-Length : 4\r\n", "abcd"), 400},
      {"white space before a name", "POST / HTTP/1.1\r\n Host: test\r\n\r\n", 400},
      {"a folded line", post("X-A: b\r\n c\r\n"), 400},
      {"a folded line with a tab", post("X-A: b\r\n\tContent-Length: 4\r\n"), 400},
      {"a bare LF", "POST / HTTP/1.1\r\nHost: test\nContent-Length: 4\r\n\r\nabcd", 400},
      {"a bare CR", "POST / HTTP/1.1\r\nHost: test\r\nX-A: b\rContent-Length: 4\r\n\r\nabcd", 400},
      {"a NUL in a value", post(std::string("X-A: b\0c\r\n", 10)), 400},
      {"no colon", post("X-A\r\n"), 400},
      {"an empty name", post(": value\r\n"), 400},
      {"a chunk size that is no number", post(chunked, "zz\r\nabc\r\n0\r\n\r\n"), 400},
      {"a signed chunk size", post(chunked, "+3\r\nabc\r\n0\r\n\r\n"), 400},
      {"a chunk size with a prefix", post(chunked, "0x3\r\nabc\r\n0\r\n\r\n"), 400},
      {"a chunk size beyond 64 bits", post(chunked, "10000000000000003\r\nabc\r\n0\r\n\r\n"), 400},
      {"a negative chunk size", post(chunked, "-1\r\nabc\r\n0\r\n\r\n"), 400},
      {"a chunk longer than its size", post(chunked, "3\r\nabcd\r\n0\r\n\r\n"), 400},
      {"a chunk header that ends in LF", post(chunked, "3\nabc\r\n0\r\n\r\n"), 400},
      {"an endless chunk extension", post(chunked, "3;" + std::string(20'000, 'x')), 400},
      {"endless trailers", post(chunked, "0\r\nX: " + std::string(20'000, 'x')), 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"a Host that is none", "GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n", 400},
      {"a version of the future", "GET / HTTP/2.0\r\nHost: test\r\n\r\n", 505},
      {"no version", "GET /\r\nHost: test\r\n\r\n", 400},
      {"a space in the target", "GET /a b HTTP/1.1\r\nHost: test\r\n\r\n", 400},
      {"a relative target", "GET a HTTP/1.1\r\nHost: test\r\n\r\n", 400},
      {"a bad percent sequence", "GET /%zz HTTP/1.1\r\nHost: test\r\n\r\n", 400},
      {"an encoded NUL", "GET /a%00b HTTP/1.1\r\nHost: test\r\n\r\n", 400},
      {"an encoded line end", "GET /a%0d%0ab HTTP/1.1\r\nHost: test\r\n\r\n", 400},
      {"a fragment", "GET /a#b HTTP/1.1\r\nHost: test\r\n\r\n", 400},
      {"a TLS greeting", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 11), 400},
      {"more fields than anybody needs",
       [&] {
         std::string fields;
         for (int i = 0; i < 200; ++i) fields += "X-" + std::to_string(i) + ": v\r\n";
         return post(fields);
       }(),
       431},
  };
}

TEST(RequestParser, RefusesWhatTwoProgramsMightReadDifferently) {
  TestServer server;
  for (const auto& attempt : smuggling_attempts()) {
    SCOPED_TRACE(attempt.name);
    TestClient client(server.port());
    client.send(attempt.request + "GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n");
    const auto response = client.receive();
    EXPECT_EQ(response.status, attempt.status);
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_THAT(response.body, ::testing::HasSubstr(R"("requestId":)"));
    EXPECT_EQ(client.receive_until_closed(), "") << "nothing after the refusal is answered";
  }
}

TEST(RequestParser, AcceptsTheUnusualButClear) {
  TestServer server;
  const std::vector<std::pair<std::string, std::string>> requests{
      {"GET http://other:1/path?x=1 HTTP/1.1\r\nHost: test\r\n\r\n", "GET /path "},
      {"GET http://other HTTP/1.1\r\nHost: test\r\n\r\n", "GET / "},
      {"OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n", "OPTIONS * "},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / "},
      {"GET /%C3%A4%20b HTTP/1.1\r\nHost: [::1]:3000\r\nEmpty:\r\n\r\n", "GET /\xC3\xA4 b "},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n003;q=\"a b\"\r\nabc\r\n0\r\n\r\n",
       "POST / abc"},
      {"PURGE /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "PURGE /x "},
  };
  for (const auto& [request, body] : requests) {
    TestClient client(server.port());
    client.send(request);
    const auto response = client.receive();
    EXPECT_EQ(response.status, 200) << request;
    EXPECT_EQ(response.body, body);
  }
}

TEST(Target, DecodesQueriesAsFormsDo) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(decode_query("a=1&b=x%20y+z&&c&d=%zz&a=2&%C3%A4=="),
            (Pairs{{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"d", "%zz"}, {"a", "2"}, {"\xC3\xA4", "="}}));
  EXPECT_EQ(decode_query(""), Pairs{});
  EXPECT_EQ(decode_query("a=%4"), (Pairs{{"a", "%4"}}));
}

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  EXPECT_EQ(headers.get("X-a"), "1");
  headers.set("X-A", "3");
  ASSERT_EQ(headers.all().size(), 1U);
  EXPECT_EQ(headers.get("x-A"), "3");
  EXPECT_TRUE(list_contains("keep-alive , Upgrade", "upgrade"));
  EXPECT_FALSE(list_contains("upgrades", "upgrade"));
}

TEST(Request, FindsItsCookies) {
  Request request;
  request.headers.add("Cookie", "a=1; refresh=x=y; quoted=\"q\"; aa=2");
  EXPECT_EQ(request.cookie("a"), "1");
  EXPECT_EQ(request.cookie("refresh"), "x=y");
  EXPECT_EQ(request.cookie("quoted"), "q");
  EXPECT_EQ(request.cookie("b"), "");
}

// With assertions on, Beast's parser ended the program when the last chunk came in pieces.
TEST(RequestParser, TakesABodyInChunksByteByByte) {
  const std::string bytes =
      "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nA: b\r\n\r\n";
  for (const std::string& request : {bytes, bytes.substr(0, bytes.size() - 8) + "\r\n"}) {
    RequestParser parser(1'000);
    std::string buffered;
    auto step = RequestParser::Step::need_more;
    for (const char c : request) {
      ASSERT_NE(step, RequestParser::Step::complete);
      buffered += c;
      do {
        std::size_t consumed = 0;
        step = parser.step(buffered, consumed);
        buffered.erase(0, consumed);
        if (step == RequestParser::Step::header) parser.limit_body(100);
      } while (step == RequestParser::Step::header);
      ASSERT_NE(step, RequestParser::Step::fault) << parser.fault().message;
    }
    EXPECT_EQ(step, RequestParser::Step::complete);
    EXPECT_EQ(parser.request().body, "hello!");
  }
}

}  // namespace
}  // namespace taskgate::net
