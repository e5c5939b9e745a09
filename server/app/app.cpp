#include "app/app.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <thread>

#include "api/error_response.h"
#include "api/http_api.h"
#include "api/realtime_bridge.h"
#include "api/submit_handlers.h"
#include "api/worker_handlers.h"
#include "app/dashboard.h"
#include "app/housekeeping.h"
#include "app/mail_handler.h"
#include "app/secret_file.h"
#include "app/thread_loop.h"
#include "app/version.h"
#include "app/webhook_handler.h"
#include "app/worker_types_file.h"
#include "base/crypto.h"
#include "base/job_id_time.h"
#include "base/log.h"
#include "handlers/configured_handlers.h"
#include "jobs/handler_directory.h"
#include "jobs/job_runner.h"
#include "jobs/scheduler.h"
#include "jobs/simulate_handler.h"
#include "jobs/system_job.h"
#include "mail/console_mailer.h"
#include "mail/smtp_mailer.h"
#include "net/server.h"
#include "net/socketio_server.h"
#include "net/static_assets.h"
#include "store/sqlite/sqlite_store.h"

namespace taskgate::app {

namespace {

constexpr std::size_t hashes_waiting_max = 64;
// What may wait for one socket: as much as a room's history, not as much as hurts with a thousand that do not read.
constexpr std::size_t outgoing_soft_bytes = 256 * 1024;
constexpr std::size_t outgoing_hard_bytes = 2 * 1024 * 1024;
// Of a socket's event. A message of 8 KiB that is all escapes needs 48 KiB.
constexpr std::size_t event_bytes_max = 128 * 1024;
// Even where jobs get no time to finish.
constexpr std::chrono::milliseconds sockets_close_within{1'000};
// For people who have signed in before from where they are.
constexpr std::size_t hashes_reserved = hashes_waiting_max / 4;

std::size_t loop_count(const Config& config) {
  return config.io_threads != 0 ? config.io_threads : std::max(1U, std::thread::hardware_concurrency());
}

sqlite::SqliteStoreOptions store_options(const Config& config, IdGenerator& ids) {
  sqlite::SqliteStoreOptions options;
  options.folder = config.data_dir;
  options.fair_share_every = config.fair_share_every;
  options.backlog_max = config.queue_backlog_max;
  options.ids = &ids;
  return options;
}

jobs::RunnerOptions runner_options(const Config& config) {
  jobs::RunnerOptions options;
  options.stop_grace = config.stop_grace;
  return options;
}

HousekeepingOptions housekeeping_options(const Config& config) {
  const auto for_ever_if_zero = [](std::chrono::hours time) {
    return time.count() == 0 ? std::nullopt : std::optional<std::chrono::milliseconds>(time);
  };
  const auto any_if_zero = [](std::int64_t number) { return number == 0 ? std::nullopt : std::optional(number); };
  HousekeepingOptions options;
  options.retention.completed = for_ever_if_zero(config.retain_completed);
  options.retention.failed = for_ever_if_zero(config.retain_failed);
  options.retention.finished_max = any_if_zero(config.retain_finished_max);
  options.retention.finished_per_user_max = any_if_zero(config.retain_finished_per_user_max);
  options.keep_unverified = for_ever_if_zero(config.retain_unverified_accounts);
  return options;
}

std::unique_ptr<mail::Mailer> make_mailer(const Config& config, const Clock& clock) {
  if (config.email_user.empty()) return std::make_unique<mail::ConsoleMailer>(std::cout);
  mail::SmtpOptions options;
  options.host = config.email_host;
  options.port = config.email_port;
  options.user = config.email_user;
  options.password = config.email_pass;
  options.from = config.email_from.empty() ? config.email_user : config.email_from;
  options.tls_required = config.email_tls;
  return std::make_unique<mail::SmtpMailer>(std::move(options), clock);
}

// What the handlers file asks for, the server's own, and in development a stand-in for all other types that no worker
// takes.
std::vector<jobs::HandlerRegistration> make_handlers(const Config& config,
                                                     const handlers::ConfiguredHandlers& configured,
                                                     std::vector<jobs::HandlerRegistration> own,
                                                     const std::shared_ptr<jobs::WorkerTypes>& left_to_workers) {
  std::vector<jobs::HandlerRegistration> handlers = configured.registrations();
  handlers.insert(handlers.end(), own.begin(), own.end());
  if (config.simulate_unhandled) {
    jobs::TypeSelection unhandled;
    unhandled.all_but = true;
    for (const auto& handler : handlers) {
      unhandled.types.insert(unhandled.types.end(), handler.types.types.begin(), handler.types.types.end());
    }
    handlers.push_back({std::move(unhandled), 1, jobs::make_simulate_handler(config.simulate_speed), left_to_workers});
  }
  return handlers;
}

jobs::WebhookOptions webhook_options() {
  jobs::WebhookOptions options;
  options.url_complaint = handlers::url_complaint;
  return options;
}

// The line of the greeting about them; empty when there are none.
std::string describe_handlers(const Config& config, const handlers::ConfiguredHandlers& configured) {
  const auto types = configured.registrations().size();
  if (types == 0) return {};
  return fmt::format("  jobs:  {} {} as {} says\n", types, types == 1 ? "type" : "types", config.handlers_file);
}

// Polls from pages of other sites get no session: a browser would keep the answer from the page, but only after it was
// made.
Awaitable<std::optional<std::string>> refuse_unless(bool allowed) {
  co_return allowed ? std::nullopt : std::optional<std::string>("This origin may not connect");
}

net::SocketIoOptions socket_options(const Config& config, const api::CrossOrigin& cross_origin, Metrics& metrics) {
  net::SocketIoOptions options;
  options.engine.metrics = &metrics;
  if (config.rate_limits) {
    options.events_per_second = 50;
    options.account.events_per_second = 200;
    options.account.sockets_max = config.sockets_per_user_max;
    options.engine.handshakes.per_second = config.handshakes_per_second;
    options.engine.handshakes.burst = config.handshakes_per_second * 4;
    options.engine.handshakes.per_address_per_second = config.handshakes_per_second / 5;
    options.engine.handshakes.per_address_burst = config.handshakes_per_second;
  }
  options.event_bytes_max = event_bytes_max;
  options.engine.outgoing_soft_bytes = outgoing_soft_bytes;
  options.engine.outgoing_hard_bytes = outgoing_hard_bytes;
  options.client_files = net::socketio_client_assets();
  options.engine.allow_revision_3 = config.allow_eio3;
  options.engine.cors.origin_allowed = [&cross_origin](std::string_view origin, const net::Request& request) {
    return cross_origin.any_without_credentials() || cross_origin.is_allowed(origin, request);
  };
  options.engine.allow_request = [&cross_origin](const net::Request& request) {
    const auto origin = request.headers.get("Origin");
    return refuse_unless(origin.empty() || cross_origin.any_without_credentials() ||
                         cross_origin.is_allowed(origin, request));
  };
  return options;
}

Awaitable<bool> is_enabled(accounts::AccountService& accounts, UserId id) {
  const auto user = co_await accounts.find_user(id);
  co_return user && !user->disabled;
}

// Counts how jobs end.
void count_outcomes(jobs::JobService& jobs, Metrics& metrics) {
  for (const auto status : {jobs::JobStatus::completed, jobs::JobStatus::failed, jobs::JobStatus::cancelled}) {
    auto& counter = metrics.counter("taskgate_jobs_finished_total", "Jobs that ended, by how.",
                                    {{"status", std::string(jobs::to_string(status))}});
    jobs.job_changed.connect([&counter, status](const jobs::Job& job) {
      if (job.status == status) counter.Increment();
    });
  }
}

}  // namespace

// Everything the server is made of, in the order it is made; it goes away in the opposite order.
class App::Parts {
 public:
  explicit Parts(Config configuration);

  void start();
  void stop();
  void announce() const;

 private:
  void continue_ids();
  Awaitable<net::Response> handle_http(net::Request request);
  Awaitable<net::WebSocketDecision> handle_upgrade(net::Request request);
  [[nodiscard]] std::string server_secret() const;
  [[nodiscard]] std::string data_secret() const;
  [[nodiscard]] std::vector<jobs::HandlerRegistration> own_handlers();
  [[nodiscard]] accounts::AccountOptions account_options() const;
  [[nodiscard]] jobs::WorkerOptions worker_options() const;
  [[nodiscard]] jobs::SchedulerOptions scheduler_options();
  [[nodiscard]] net::ServerOptions http_options() const;
  // Once the server has started: the address people use, and the one it listens on.
  [[nodiscard]] std::string public_url() const;
  [[nodiscard]] std::string own_url() const;

  Config config_;
  SystemClock clock_;
  IdGenerator ids_;
  Metrics metrics_;
  std::atomic<bool> draining_{false};

  sqlite::SqliteStore store_;
  std::unique_ptr<mail::Mailer> mailer_;
  Sealer sealer_;
  WorkerPool mail_pool_;
  WorkerPool webhook_pool_;
  WorkerPool hash_pool_;
  accounts::AccountService accounts_;
  jobs::JobService jobs_;
  jobs::JobRecordService records_;
  jobs::JobWaits waits_;
  rooms::RoomService rooms_;

  ThreadLoop engine_loop_;
  handlers::ConfiguredHandlers handlers_;
  std::shared_ptr<jobs::WorkerTypes> worker_types_;
  std::vector<jobs::HandlerRegistration> registrations_;
  jobs::HandlerDirectory served_;
  jobs::WorkerService workers_;
  jobs::WorkerDirectories present_;
  jobs::QueueService queues_;
  jobs::ScheduleService schedules_;
  jobs::WebhookService webhooks_;
  jobs::JobRunner runner_;
  jobs::Scheduler scheduler_;
  Housekeeping housekeeping_;

  api::CrossOrigin cross_origin_;
  net::Server server_;
  net::SocketIoServer sockets_;
  api::Services services_;
  api::HttpApi http_api_;
  api::RealtimeBridge realtime_;
};

App::Parts::Parts(Config configuration)
    : config_(std::move(configuration)),
      store_(store_options(config_, ids_)),
      mailer_(make_mailer(config_, clock_)),
      sealer_(data_secret()),
      mail_pool_("mail", mails_at_once, mails_at_once),
      webhook_pool_("webhook", webhooks_at_once, webhooks_at_once),
      hash_pool_("hash", config_.hash_threads, hashes_waiting_max, hashes_reserved),
      accounts_(store_.accounts(), clock_, ids_, hash_pool_, account_options()),
      jobs_(store_.jobs(), clock_, ids_),
      records_(store_.jobs()),
      waits_(jobs_, clock_),
      rooms_(ids_, clock_, {.allow_guests = config_.allow_guests}),
      handlers_(handlers::load_handlers_file(config_.handlers_file), clock_),
      worker_types_(open_worker_types(std::filesystem::path(config_.data_dir) / "worker_types")),
      registrations_(make_handlers(config_, handlers_, own_handlers(), worker_types_)),
      served_(registrations_, clock_),
      workers_(engine_loop_.executor(), store_.jobs(), jobs_, clock_, worker_options()),
      present_({&served_, &workers_}),
      queues_(store_.jobs(), jobs_, present_, clock_),
      schedules_(store_.schedules(), jobs_, clock_, ids_),
      webhooks_(store_.webhooks(), store_.jobs(), jobs_, sealer_, clock_, ids_, webhook_options()),
      runner_(engine_loop_.executor(), store_.jobs(), jobs_, clock_, runner_options(config_), registrations_),
      scheduler_(engine_loop_.executor(), store_.schedules(), schedules_, jobs_, clock_, ids_, scheduler_options()),
      housekeeping_(engine_loop_.executor(), store_.accounts(), store_.jobs(), clock_, housekeeping_options(config_)),
      cross_origin_(config_.cors_origins, !config_.production && config_.cors_origins.empty()),
      server_(
          http_options(), [this](net::Request request) { return handle_http(std::move(request)); },
          [this](net::Request request) { return handle_upgrade(std::move(request)); }, metrics_),
      sockets_(socket_options(config_, cross_origin_, metrics_), server_.loops()),
      services_{
          accounts_,
          jobs_,
          records_,
          waits_,
          queues_,
          schedules_,
          webhooks_,
          workers_,
          rooms_,
          metrics_,
          {std::string(version()), config_.production ? "production" : "development", [this] { return public_url(); },
           config_.simulate_unhandled, config_.allow_guests, !config_.email_user.empty()},
          {config_.metrics_token, !config_.production && config_.metrics_token.empty()},
          contract_documents(),
          serve_dashboard,
          [this] { return !draining_.load() && store_.healthy(); }},
      http_api_(services_, cross_origin_),
      realtime_(services_, sockets_) {
  count_outcomes(jobs_, metrics_);
  store_.accounts().mail_ready.connect([this] { jobs_.work_available(); });
}

std::string App::Parts::data_secret() const {
  if (!config_.data_key.empty()) return config_.data_key;
  return load_or_create_secret(std::filesystem::path(config_.data_dir) / "data_key");
}

std::vector<jobs::HandlerRegistration> App::Parts::own_handlers() {
  MailParts mails{*mailer_, mail_pool_, sealer_, clock_, [this] { return public_url(); }};
  WebhookParts webhooks{store_.webhooks(),
                        store_.jobs(),
                        webhook_pool_,
                        sealer_,
                        clock_,
                        [this](UserId owner) { return is_enabled(accounts_, owner); },
                        config_.webhooks_allow_private};
  return {mail_handler(std::move(mails)), webhook_handler(std::move(webhooks))};
}

std::string App::Parts::server_secret() const {
  if (!config_.jwt_secret.empty()) return config_.jwt_secret;
  return load_or_create_secret(std::filesystem::path(config_.data_dir) / "jwt_secret");
}

jobs::WorkerOptions App::Parts::worker_options() const {
  jobs::WorkerOptions options;
  options.lease_secret = server_secret();
  if (config_.simulate_unhandled) options.types = worker_types_;
  return options;
}

jobs::SchedulerOptions App::Parts::scheduler_options() {
  jobs::SchedulerOptions options;
  options.owner_may_run = [this](UserId owner) { return is_enabled(accounts_, owner); };
  return options;
}

accounts::AccountOptions App::Parts::account_options() const {
  accounts::AccountOptions options;
  options.jwt_secret = server_secret();
  options.data_secret = data_secret();
  options.refresh_grace = config_.refresh_grace;
  options.refresh_rotation = config_.refresh_rotation;
  options.password_length_min = config_.password_length_min;
  options.password_min_score = config_.password_min_score;
  options.rate_limits = config_.rate_limits;
  return options;
}

net::ServerOptions App::Parts::http_options() const {
  net::ServerOptions options;
  options.host = config_.host;
  options.port = config_.port;
  options.loops = loop_count(config_);
  options.trusted_proxies = config_.trusted_proxies;
  options.tls_certificate_file = config_.tls_cert;
  options.tls_key_file = config_.tls_key;
  options.connections_max = config_.connections_max;
  options.connections_per_address_max = config_.rate_limits ? config_.connections_per_address_max : 0;
  options.logged_path = api::logged_path;
  options.body_bytes_max = [this](const net::Request& request) {
    if (request.path == api::batch_path || request.path.starts_with(api::worker_paths))
      return std::max(config_.body_bytes_max, api::batch_body_bytes_max);
    return sockets_.owns(request.path) ? sockets_.body_bytes_max() : config_.body_bytes_max;
  };
  options.on_refusal = [this](const net::Request& request, net::Response& response) {
    cross_origin_.permit(request, response);
    // What the official Socket.IO server answers.
    if (response.status == 413 && sockets_.owns(request.path)) response.body = std::make_shared<const std::string>();
  };
  return options;
}

Awaitable<net::Response> App::Parts::handle_http(net::Request request) {
  return sockets_.owns(request.path) ? sockets_.handle_http(std::move(request)) : http_api_.handle(std::move(request));
}

Awaitable<net::WebSocketDecision> App::Parts::handle_upgrade(net::Request request) {
  if (sockets_.owns(request.path)) co_return co_await sockets_.handle_upgrade(std::move(request));
  net::WebSocketDecision refused;
  refused.refusal = api::error_response(
      {ErrorCode::not_found, "not_found", "There is no WebSocket at this address", {}, {}}, request);
  co_return refused;
}

// Ids rise over restarts, too, though the clock may have been set back meanwhile: the oldest id goes first.
void App::Parts::continue_ids() {
  for (const jobs::Scope& scope : {jobs::Scope{}, jobs::Scope{jobs::system_owner}}) {
    const auto newest = run_to_completion(store_.jobs().list(scope, {}, 1, std::nullopt));
    if (!newest.jobs.empty()) (void)ids_.next_job_id(time_of(newest.jobs.front().id) + std::chrono::milliseconds{1});
  }
}

void App::Parts::start() {
  continue_ids();
  server_.start();
  announce();
  runner_.start();
  scheduler_.start();
  housekeeping_.start();
}

void App::Parts::stop() {
  draining_ = true;
  server_.stop_accepting();
  sockets_.refuse_handshakes();
  log::info("stopping: running jobs finish within the grace, or go back to the queue");
  workers_.drain();
  waits_.drain();
  run_to_completion(scheduler_.stop());
  run_to_completion(runner_.stop());
  handlers_.stop();
  mail_pool_.stop();
  webhook_pool_.stop();
  sockets_.stop(std::max(config_.stop_grace, sockets_close_within));
  server_.stop(config_.stop_grace);
  run_to_completion(housekeeping_.stop());
  hash_pool_.stop();
  store_.stop();
  log::info("stopped");
}

std::string App::Parts::public_url() const { return config_.public_url.empty() ? own_url() : config_.public_url; }

std::string App::Parts::own_url() const {
  const bool is_everywhere = config_.host == "0.0.0.0" || config_.host == "::";
  const auto host = is_everywhere                                 ? "localhost"
                    : config_.host.find(':') != std::string::npos ? "[" + config_.host + "]"
                                                                  : config_.host;
  return fmt::format("{}://{}:{}", config_.tls_cert.empty() ? "http" : "https", host, server_.port());
}

void App::Parts::announce() const {
  for (const auto& warning : config_.warnings) log::warning(warning);
  const auto mails = config_.email_user.empty()
                         ? std::string("their links are printed in this terminal")
                         : fmt::format("sent by {} as {}", config_.email_host, config_.email_user);
  const auto links = config_.public_url.empty() ? std::string() : fmt::format("  links: {}\n", config_.public_url);
  std::cout << fmt::format(
                   "Taskgate {}  {}\n{}  mode:  {}{}\n{}  store: SQLite in {}\n  mails: {}\n", version(), own_url(),
                   links, services_.system.environment,
                   config_.simulate_unhandled ? ", jobs that neither a handler nor a worker takes are simulated" : "",
                   describe_handlers(config_, handlers_), config_.data_dir, mails)
            << std::flush;
}

App::App(Config config) : parts_(std::make_unique<Parts>(std::move(config))) {}
App::~App() = default;

void App::run() {
  parts_->start();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int received = 0;
  sigwait(&signals, &received);
  // From now on a second signal ends the program at once.
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  parts_->stop();
}

void block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace taskgate::app
