#pragma once

#include <vector>

#include "base/json.h"
#include "jobs/worker_service.h"
#include "net/http.h"

namespace taskgate::api {

// What workers send, read strictly. A fault names its place ("settle.3.op", or "3.op" where the body is the list).
// Errors: malformed_json, unsupported_media_type, validation_failed.
[[nodiscard]] Result<jobs::WorkerClaim> read_claim(const net::Request& request);
[[nodiscard]] Result<std::vector<jobs::WorkerSettle>> read_settles(const net::Request& request);
[[nodiscard]] Result<std::vector<jobs::WorkerBeat>> read_beats(const net::Request& request);

void write_answers(JsonWriter& json, const std::vector<jobs::WorkerAnswer>& answers);
[[nodiscard]] std::string claim_answer(const jobs::WorkerClaimAnswer& answer);

}  // namespace taskgate::api
