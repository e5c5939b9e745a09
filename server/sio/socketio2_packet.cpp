#include "sio/socketio2_packet.h"

#include <map>

#include "base/json.h"
#include "base/percent_encoding.h"

namespace taskgate::sio {
namespace {

EngineFrame connect_frame(char type, std::string_view nsp, std::string_view payload) {
  std::string text(1, type);
  if (nsp != "/") {
    text += nsp;
    if (!payload.empty()) text += ',';
  }
  text += payload;
  return message_frame(text);
}

}  // namespace

NamespaceAddress parse_namespace_address(std::string_view address) {
  const auto mark = address.find('?');
  NamespaceAddress parsed{std::string(address.substr(0, mark)), "{}"};
  if (mark == std::string_view::npos) return parsed;
  const auto query = decode_query(address.substr(mark + 1));
  const std::map<std::string, std::string> fields(query.begin(), query.end());  // the first of a name counts
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : fields) json.member(name, value);
  parsed.auth = json.end_object().take();
  return parsed;
}

EngineFrame encode_connect2(std::string_view nsp) { return connect_frame('0', nsp, {}); }

EngineFrame encode_connect_error2(std::string_view nsp, std::string_view message, std::string_view data) {
  return connect_frame('4', nsp, data.empty() ? JsonWriter().string(message).take() : std::string(data));
}

}  // namespace taskgate::sio
