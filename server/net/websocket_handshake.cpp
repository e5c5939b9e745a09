#include "net/websocket_handshake.h"

#include <openssl/sha.h>

#include "base/crypto.h"
#include "net/refusal.h"

namespace taskgate::net {

namespace {

std::size_t count_of(const Headers& headers, std::string_view name) {
  const auto& all = headers.all();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [name](const auto& field) { return equal_ignoring_case(field.first, name); }));
}

// The first element of Sec-WebSocket-Protocol if it is a token, as it must be.
std::string_view first_subprotocol(const Headers& headers) {
  auto first = headers.get("sec-websocket-protocol");
  first = first.substr(0, first.find(','));
  const auto begin = first.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  first = first.substr(begin, first.find_last_not_of(" \t") - begin + 1);
  const bool token = std::all_of(first.begin(), first.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
  return token ? first : std::string_view{};
}

}  // namespace

std::string websocket_accept_key(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::optional<Response> check_websocket_request(const Request& request) {
  const auto bad = [&request](std::string_view message) {
    return refusal(400, "bad_websocket_handshake", message, request.request_id);
  };
  if (request.method != "GET") return bad("A WebSocket handshake is a GET request.");
  if (!request.body.empty()) return bad("A WebSocket handshake has no body.");
  if (request.headers.get("sec-websocket-version") != "13") {
    auto response = refusal(426, "websocket_version", "The server speaks WebSocket version 13.", request.request_id);
    response.headers.add("Sec-WebSocket-Version", "13");
    response.headers.add("Upgrade", "websocket");
    return response;
  }
  const auto key = from_base64(request.headers.get("sec-websocket-key"));
  if (!key || key->size() != 16 || count_of(request.headers, "sec-websocket-key") != 1) {
    return bad("Sec-WebSocket-Key must be 16 bytes in base64.");
  }
  return std::nullopt;
}

std::string make_websocket_answer(const Request& request) {
  auto answer = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n"
      "X-Request-Id: {}\r\n",
      websocket_accept_key(request.headers.get("sec-websocket-key")), request.request_id);
  if (const auto protocol = first_subprotocol(request.headers); !protocol.empty()) {
    answer.append("Sec-WebSocket-Protocol: ").append(protocol).append("\r\n");
  }
  return answer + "\r\n";
}

}  // namespace taskgate::net
