#pragma once

#include "api/route.h"

namespace taskgate::api {

// POST /api/jobs/submit, POST /api/jobs/batch, PATCH /api/jobs/:id
Awaitable<net::Response> submit_job(Services& services, Call call);
Awaitable<net::Response> submit_batch(Services& services, Call call);
Awaitable<net::Response> change_job(Services& services, Call call);

// Bodies of this size are taken where batches are submitted.
inline constexpr std::size_t batch_body_bytes_max = std::size_t{16} << 20;
inline constexpr std::string_view batch_path = "/api/jobs/batch";

}  // namespace taskgate::api
