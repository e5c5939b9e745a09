#pragma once

#include <string>
#include <string_view>

#include "sio/engineio_packet.h"

namespace taskgate::sio {

// What Socket.IO 2 (protocol 4, over revision 3 of Engine.IO) writes differently from protocol 5.

// The name a Socket.IO 2 client gives with CONNECT: "/admin?token=abc".
struct NamespaceAddress {
  std::string nsp;
  std::string auth;  // the query as a JSON object of strings
};
[[nodiscard]] NamespaceAddress parse_namespace_address(std::string_view address);

// The client knows its id by itself.
[[nodiscard]] EngineFrame encode_connect2(std::string_view nsp);
// The data where there is one, else the message, as it is. `data` is a JSON text, or empty for none.
[[nodiscard]] EngineFrame encode_connect_error2(std::string_view nsp, std::string_view message, std::string_view data);

}  // namespace taskgate::sio
