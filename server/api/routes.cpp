#include <array>

#include "api/account_handlers.h"
#include "api/job_action_handlers.h"
#include "api/job_handlers.h"
#include "api/job_record_handlers.h"
#include "api/key_handlers.h"
#include "api/queue_handlers.h"
#include "api/route.h"
#include "api/schedule_handlers.h"
#include "api/session_handlers.h"
#include "api/submit_handlers.h"
#include "api/system_handlers.h"
#include "api/webhook_handlers.h"
#include "api/worker_handlers.h"

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

    // API keys
    Route{"POST", "/api/auth/keys", Policy::user, create_api_key},
    Route{"GET", "/api/auth/keys", Policy::user, list_api_keys},
    Route{"DELETE", "/api/auth/keys/:id", Policy::user, delete_api_key},

    // jobs
    Route{"POST", "/api/jobs/submit", Policy::user, submit_job, KeyScope::jobs_write},
    Route{"POST", batch_path, Policy::user, submit_batch, KeyScope::jobs_write},
    Route{"GET", "/api/jobs", Policy::user, list_own_jobs, KeyScope::jobs_read},
    Route{"GET", "/api/jobs/all", Policy::user, list_own_jobs, KeyScope::jobs_read},
    Route{"POST", "/api/jobs/actions", Policy::user, act_on_jobs, KeyScope::jobs_write},
    Route{"GET", "/api/jobs/stats", Policy::user, count_jobs, KeyScope::jobs_read},
    Route{"GET", "/api/jobs/admin/all", Policy::admin, list_all_jobs, KeyScope::admin},
    Route{"GET", "/api/jobs/types", Policy::user, list_job_types, KeyScope::jobs_read},
    Route{"GET", "/api/jobs/:id", Policy::user, get_job, KeyScope::jobs_read},
    Route{"GET", "/api/jobs/:id/logs", Policy::user, get_job_log, KeyScope::jobs_read},
    Route{"GET", "/api/jobs/:id/events", Policy::user, get_job_events, KeyScope::jobs_read},
    Route{"GET", "/api/jobs/:id/explain", Policy::user, explain_job, KeyScope::jobs_read},
    Route{"PATCH", "/api/jobs/:id", Policy::user, change_job, KeyScope::jobs_write},
    Route{"POST", "/api/jobs/:id/cancel", Policy::user, cancel_job, KeyScope::jobs_write},
    Route{"POST", "/api/jobs/:id/retry", Policy::user, retry_job, KeyScope::jobs_write},

    // schedules
    Route{"GET", "/api/schedules", Policy::user, list_own_schedules, KeyScope::jobs_read},
    Route{"POST", "/api/schedules", Policy::user, create_schedule, KeyScope::jobs_write},
    Route{"POST", "/api/schedules/preview", Policy::user, preview_schedule, KeyScope::jobs_read},
    Route{"GET", "/api/schedules/:id", Policy::user, get_schedule, KeyScope::jobs_read},
    Route{"PATCH", "/api/schedules/:id", Policy::user, change_schedule, KeyScope::jobs_write},
    Route{"DELETE", "/api/schedules/:id", Policy::user, delete_schedule, KeyScope::jobs_write},
    Route{"POST", "/api/schedules/:id/run", Policy::user, run_schedule, KeyScope::jobs_write},
    Route{"GET", "/api/admin/schedules", Policy::admin, list_all_schedules, KeyScope::admin},

    // webhooks
    Route{"GET", "/api/webhooks", Policy::user, list_webhooks, KeyScope::jobs_read},
    Route{"POST", "/api/webhooks", Policy::user, create_webhook, KeyScope::jobs_write},
    Route{"GET", "/api/webhooks/:id", Policy::user, get_webhook, KeyScope::jobs_read},
    Route{"PATCH", "/api/webhooks/:id", Policy::user, change_webhook, KeyScope::jobs_write},
    Route{"DELETE", "/api/webhooks/:id", Policy::user, delete_webhook, KeyScope::jobs_write},
    Route{"POST", "/api/webhooks/:id/test", Policy::user, test_webhook, KeyScope::jobs_write},
    Route{"GET", "/api/webhooks/:id/deliveries", Policy::user, list_deliveries, KeyScope::jobs_read},

    // queue
    Route{"GET", "/api/admin/queues", Policy::admin, get_queues, KeyScope::admin},
    Route{"PUT", "/api/admin/queues/types/:type", Policy::admin, put_type_control, KeyScope::admin},
    Route{"PUT", "/api/admin/queues/queues/:queue", Policy::admin, put_queue_control, KeyScope::admin},
    Route{"PUT", "/api/admin/queues/users/:userId", Policy::admin, put_user_control, KeyScope::admin},

    // workers
    Route{"POST", "/api/worker/claim", Policy::worker, claim_jobs, KeyScope::worker},
    Route{"POST", "/api/worker/settle", Policy::worker, settle_jobs, KeyScope::worker},
    Route{"POST", "/api/worker/beat", Policy::worker, beat_jobs, KeyScope::worker},
    Route{"POST", "/api/worker/bye", Policy::worker, leave_work, KeyScope::worker},
    Route{"GET", "/api/admin/workers", Policy::admin, list_workers, KeyScope::admin},

    // system
    Route{"GET", "/", Policy::open, get_welcome},
    Route{"GET", "/api/system/info", Policy::open, get_system_info},
    Route{"GET", "/api/openapi.json", Policy::open, get_openapi},
    Route{"GET", "/api/docs", Policy::open, get_docs},
    Route{"GET", "/healthz", Policy::open, get_health},
    Route{"GET", "/readyz", Policy::open, get_readiness},
    Route{"GET", "/metrics", Policy::internal, get_metrics, KeyScope::admin},
};

}  // namespace

std::span<const Route> routes() { return table; }

std::string_view to_string(Policy policy) {
  switch (policy) {
    case Policy::open:
      return "public";
    case Policy::user:
      return "user";
    case Policy::admin:
      return "admin";
    case Policy::internal:
      return "internal";
    case Policy::worker:
      return "worker";
  }
  return "";
}

}  // namespace taskgate::api
