#include "sio/engineio_request.h"

#include <gtest/gtest.h>

namespace taskgate::sio {
namespace {

EngineRequest handshake() {
  EngineRequest request;
  request.method = "GET";
  request.transport = "polling";
  request.protocol = "4";
  return request;
}

TEST(EngineRequest, PassesHandshakesAndRequestsOfSessions) {
  EngineRequest request = handshake();
  EXPECT_FALSE(check_request(request, {}));
  EXPECT_EQ(check_protocol(request, false), 4);
  EXPECT_EQ(check_protocol(request, true), 4);
  request.transport = "websocket";
  request.upgrade = true;
  EXPECT_FALSE(check_request(request, {}));
  request.sid = "x";
  request.method = "POST";
  EXPECT_FALSE(check_request(request, {}));
}

TEST(EngineRequest, KnowsItsTransportsOnly) {
  for (const char* transport : {"", "abc", "constructor", "__proto__", "webtransport", "Polling"}) {
    EngineRequest request = handshake();
    request.transport = transport;
    EXPECT_EQ(check_request(request, {}), EngineError::unknown_transport) << transport;
  }
  EXPECT_EQ(check_request(handshake(), {false, true}), EngineError::unknown_transport);
}

// Several things are wrong at once: the first in the order of the official server is told.
TEST(EngineRequest, ChecksInTheOfficialOrder) {
  EngineRequest request;
  request.method = "POST";
  request.transport = "abc";
  request.origin = "a\x01";
  EXPECT_EQ(check_request(request, {}), EngineError::unknown_transport);
  request.transport = "websocket";
  EXPECT_EQ(check_request(request, {}), EngineError::bad_request);  // the origin
  request.origin = "http://a";
  EXPECT_EQ(check_request(request, {}), EngineError::bad_handshake_method);
  request.method = "GET";
  EXPECT_EQ(check_request(request, {}), EngineError::bad_request);  // a WebSocket that does not upgrade
  request.upgrade = true;
  EXPECT_EQ(check_request(request, {}), std::nullopt);
  EXPECT_EQ(check_protocol(request, false), std::nullopt);
  EXPECT_EQ(check_protocol(request, true), 3);
  request.protocol = "3";
  EXPECT_EQ(check_protocol(request, false), std::nullopt);
  EXPECT_EQ(check_protocol(request, true), 3);
}

TEST(EngineRequest, AnswersWordForWord) {
  EXPECT_EQ(engine_error_body(EngineError::unknown_transport), R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(engine_error_body(EngineError::unknown_sid), R"({"code":1,"message":"Session ID unknown"})");
  EXPECT_EQ(engine_error_body(EngineError::bad_handshake_method), R"({"code":2,"message":"Bad handshake method"})");
  EXPECT_EQ(engine_error_body(EngineError::bad_request), R"({"code":3,"message":"Bad request"})");
  EXPECT_EQ(engine_error_body(EngineError::forbidden, "not you"), R"({"code":4,"message":"not you"})");
  EXPECT_EQ(engine_error_body(EngineError::unsupported_protocol_version),
            R"({"code":5,"message":"Unsupported protocol version"})");
  EXPECT_EQ(engine_error_status(EngineError::forbidden), 403);
  EXPECT_EQ(engine_error_status(EngineError::unknown_sid), 400);
}

}  // namespace
}  // namespace taskgate::sio
