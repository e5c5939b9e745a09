#include "mail/smtp_mailer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "base/crypto.h"
#include "base/log.h"
#include "mail/mime.h"

namespace taskgate::mail {

namespace {

constexpr std::size_t waiting_max = 1'000;  // mails

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

struct Delivery {
  bool done = false;
  bool is_final = false;  // trying again cannot help
  std::string error;
};

// The mail's text, handed to libcurl piece by piece.
struct Source {
  std::string_view rest;
};

std::size_t read_source(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto* source = static_cast<Source*>(user);
  const auto bytes = std::min(size * count, source->rest.size());
  source->rest.copy(buffer, bytes);
  source->rest.remove_prefix(bytes);
  return bytes;
}

void initialize_curl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!done) throw std::runtime_error("libcurl cannot be initialised.");
}

std::string server_url(const SmtpOptions& options) {
  const bool is_ipv6 = options.host.find(':') != std::string::npos && !options.host.starts_with('[');
  return fmt::format("{}://{}{}{}:{}/taskgate", options.port == 465 ? "smtps" : "smtp", is_ipv6 ? "[" : "",
                     options.host, is_ipv6 ? "]" : "", options.port);
}

void set_server(CURL* curl, const SmtpOptions& options) {
  curl_easy_setopt(curl, CURLOPT_URL, server_url(options).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // not one from the environment: mails go to the configured server only
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(options.tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

Delivery attempt(const SmtpOptions& options, const std::string& to, const std::string& mime) {
  const CurlHandle curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return {false, false, "libcurl has no memory"};
  set_server(curl.get(), options);

  const auto sender = fmt::format("<{}>", options.from);
  const CurlList recipients(curl_slist_append(nullptr, fmt::format("<{}>", to).c_str()), &curl_slist_free_all);
  Source source{mime};
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, &read_source);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &source);

  const auto outcome = curl_easy_perform(curl.get());
  if (outcome == CURLE_OK) return {true, true, {}};
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  // Whatever libcurl calls it: a mail that is refused after its text comes as CURLE_WEIRD_SERVER_REPLY.
  return {false, status >= 500 && status < 600,
          fmt::format("{} (SMTP status {})", curl_easy_strerror(outcome), status)};
}

}  // namespace

// Lets the destructor end a pause.
struct SmtpMailer::Stopping {
  std::mutex mutex;
  std::condition_variable wake;
  bool stopped = false;

  bool pause(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex);
    return !wake.wait_for(lock, duration, [this] { return stopped; });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
    }
    wake.notify_all();
  }
  bool is_stopped() {
    const std::lock_guard lock(mutex);
    return stopped;
  }
};

SmtpMailer::SmtpMailer(SmtpOptions options, const Clock& clock, Pause pause)
    : options_(std::move(options)),
      clock_(clock),
      stopping_(std::make_shared<Stopping>()),
      pause_(pause ? std::move(pause)
                   : [stopping = stopping_](std::chrono::milliseconds duration) { return stopping->pause(duration); }),
      pool_("mail", 1, waiting_max) {
  initialize_curl();
  if (!is_mail_address(options_.from)) {
    throw std::runtime_error(
        fmt::format("EMAIL_FROM (or EMAIL_USER) must be a mail address to send from; \"{}\" is none.", options_.from));
  }
}

SmtpMailer::~SmtpMailer() {
  stopping_->stop();
  pool_.stop();
}

void SmtpMailer::send(Message message) {
  if (!is_mail_address(message.to)) {
    log::error("mail refused: the recipient is no mail address", {{"subject", message.subject}});
    return;
  }
  const auto subject = message.subject;
  if (!pool_.try_post([this, mail = std::move(message)] { deliver(mail); })) {
    log::error("mail dropped: too many are waiting", {{"subject", subject}});
  }
}

void SmtpMailer::deliver(const Message& message) {
  const auto domain = options_.from.substr(options_.from.find('@') + 1);
  const auto mime = to_mime(message, options_.from, fmt::format("{}@{}", random_token(18), domain), clock_.now());
  auto wait = std::chrono::milliseconds(1'000);
  for (int number = 1; !stopping_->is_stopped(); ++number, wait *= 2) {
    const auto delivery = attempt(options_, message.to, mime);
    if (delivery.done) {
      log::info("mail sent", {{"to", message.to}, {"subject", message.subject}});
      return;
    }
    const bool give_up = delivery.is_final || number >= options_.attempts_max;
    log::warning(give_up ? "mail given up" : "mail not sent, trying again",
                 {{"to", message.to}, {"subject", message.subject}, {"attempt", number}, {"error", delivery.error}});
    if (give_up || !pause_(wait)) return;
  }
}

}  // namespace taskgate::mail
