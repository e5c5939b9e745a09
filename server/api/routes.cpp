#include <array>

#include "api/account_handlers.h"
#include "api/job_handlers.h"
#include "api/route.h"
#include "api/session_handlers.h"
#include "api/system_handlers.h"

namespace taskgate::api {

namespace {

constexpr std::array table{
    // accounts
    Route{"POST", "/api/auth/signup", Policy::open, sign_up},
    Route{"POST", "/api/auth/verify/:token", Policy::open, verify_email},
    Route{"POST", "/api/auth/resend-verification", Policy::open, resend_verification},
    Route{"POST", "/api/auth/forgot-password", Policy::open, forgot_password},
    Route{"POST", "/api/auth/reset/:token", Policy::open, reset_password},
    Route{"POST", "/api/auth/change-password", Policy::user, change_password},
    Route{"GET", "/api/auth/me", Policy::user, get_own_account},

    // sessions
    Route{"POST", "/api/auth/login", Policy::open, log_in},
    Route{"POST", "/api/auth/refresh-token", Policy::open, refresh_token},
    Route{"POST", "/api/auth/logout", Policy::user, log_out},
    Route{"POST", "/api/auth/logout-all", Policy::user, log_out_everywhere},
    Route{"GET", "/api/auth/sessions", Policy::user, list_sessions},
    Route{"DELETE", "/api/auth/sessions/:id", Policy::user, end_session},

    // jobs
    Route{"POST", "/api/jobs/submit", Policy::user, submit_job},
    Route{"GET", "/api/jobs", Policy::user, list_own_jobs},
    Route{"GET", "/api/jobs/all", Policy::user, list_own_jobs},
    Route{"GET", "/api/jobs/stats", Policy::user, count_jobs},
    Route{"GET", "/api/jobs/admin/all", Policy::admin, list_all_jobs},
    Route{"GET", "/api/jobs/:id", Policy::user, get_job},
    Route{"POST", "/api/jobs/:id/cancel", Policy::user, cancel_job},
    Route{"POST", "/api/jobs/:id/retry", Policy::user, retry_job},

    // system
    Route{"GET", "/", Policy::open, get_welcome},
    Route{"GET", "/api/system/info", Policy::open, get_system_info},
    Route{"GET", "/api/openapi.json", Policy::open, get_openapi},
    Route{"GET", "/api/docs", Policy::open, get_docs},
    Route{"GET", "/healthz", Policy::open, get_health},
    Route{"GET", "/readyz", Policy::open, get_readiness},
    Route{"GET", "/metrics", Policy::internal, get_metrics},
};

}  // namespace

std::span<const Route> routes() { return table; }

std::string_view to_string(Policy policy) {
  switch (policy) {
    case Policy::open: return "public";
    case Policy::user: return "user";
    case Policy::admin: return "admin";
    case Policy::internal: return "internal";
  }
  return "";
}

}  // namespace taskgate::api
