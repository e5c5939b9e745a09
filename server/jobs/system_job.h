#pragma once

#include <string>
#include <string_view>

#include "jobs/job.h"

namespace taskgate::jobs {

// Jobs that the server gives itself. They belong to no user, so only admins see them and no backlog counts them; their
// types are nobody else's to submit, claim or configure; they run in places of their own, so they wait for no user's
// jobs.

inline constexpr UserId system_owner{};
inline constexpr std::string_view system_queue = "system";
inline constexpr std::string_view mail_type = "taskgate.mail";

// Whether a type is one of the server's own, now or in a version to come: it begins with "taskgate.", in upper or lower
// case.
[[nodiscard]] bool is_system_type(std::string_view type);

// What is wrong with such a type where a user gives it.
inline constexpr std::string_view system_type_complaint = "Types that begin with \"taskgate.\" are the server's own";

// A mail as a job: `data` says what admins may know of it (JSON), `sealed` what only its handler may. It is tried
// again, after pauses from one second to ten minutes, until `useful_until`; then it fails.
[[nodiscard]] Job mail_job(JobId id, std::string data, std::string sealed, Time useful_until, Time now);

}  // namespace taskgate::jobs
