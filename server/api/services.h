#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "accounts/account_service.h"
#include "base/metrics.h"
#include "jobs/job_record_service.h"
#include "jobs/job_service.h"
#include "jobs/job_waits.h"
#include "jobs/queue_service.h"
#include "jobs/schedule_service.h"
#include "jobs/webhook_service.h"
#include "jobs/worker_service.h"
#include "net/http.h"
#include "rooms/room_service.h"

namespace taskgate::api {

// What the handlers tell about this server.
struct SystemInfo {
  std::string version;
  std::string environment;  // "development" or "production"
  std::function<std::string()> public_url;
  bool simulate = false;  // are types nobody handles simulated
  bool guests = false;    // may callers without an account join rooms
  bool smtp = false;      // are mails sent; otherwise their links are printed in the terminal
};

// Who may read the metrics besides admins.
struct MetricsAccess {
  std::string token;             // whoever shows it; empty: nobody
  bool local_is_enough = false;  // programs on this machine, see is_local in http_api.cpp
};

// The contract as it is served; made from contract/ by the build.
struct Documents {
  std::shared_ptr<const std::string> openapi;  // JSON
  std::shared_ptr<const std::string> docs;     // the same as a page
};

// Everything handlers may call. `app` owns the parts; they outlive the server.
struct Services {
  accounts::AccountService& accounts;
  jobs::JobService& jobs;
  jobs::JobRecordService& records;
  jobs::JobWaits& waits;
  jobs::QueueService& queues;
  jobs::ScheduleService& schedules;
  jobs::WebhookService& webhooks;
  jobs::WorkerService& workers;
  rooms::RoomService& rooms;
  Metrics& metrics;
  SystemInfo system;
  MetricsAccess metrics_access;
  Documents documents;
  // The dashboard's file for a request, or its start page for the address of a page; nothing when there is none.
  std::function<std::optional<net::Response>(const net::Request&)> dashboard;
  std::function<bool()> is_ready;  // store reachable, not draining; cheap, callable on any loop
};

}  // namespace taskgate::api
