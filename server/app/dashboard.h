#pragma once

#include <optional>

#include "api/services.h"
#include "net/http.h"

namespace taskgate::app {

// The dashboard's files inside the program: the file of the request's path, or the start page for the address of a
// page, so that deep links and reloads work; nothing when there is no such file.
[[nodiscard]] std::optional<net::Response> serve_dashboard(const net::Request& request);

// The contract inside the program.
[[nodiscard]] api::Documents contract_documents();

}  // namespace taskgate::app
