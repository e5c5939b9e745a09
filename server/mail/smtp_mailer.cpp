#include "mail/smtp_mailer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "base/crypto.h"
#include "mail/mime.h"

namespace taskgate::mail {

namespace {

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

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

// Called by libcurl about once a second and more; anything but 0 ends the transfer.
int look_at_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
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

Delivery attempt(const SmtpOptions& options, const std::string& to, const std::string& mime,
                 const std::atomic<bool>& stop) {
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
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, &look_at_stop);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &stop);

  const auto outcome = curl_easy_perform(curl.get());
  if (outcome == CURLE_OK) return {true, true, {}};
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  // Whatever libcurl calls it: a mail that is refused after its text comes as CURLE_WEIRD_SERVER_REPLY.
  return {false, status >= 500 && status < 600,
          fmt::format("{} (SMTP status {})", curl_easy_strerror(outcome), status)};
}

}  // namespace

SmtpMailer::SmtpMailer(SmtpOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
  initialize_curl();
  if (!is_mail_address(options_.from)) {
    throw std::runtime_error(
        fmt::format("EMAIL_FROM (or EMAIL_USER) must be a mail address to send from; \"{}\" is none.", options_.from));
  }
}

Delivery SmtpMailer::deliver(const Message& message, const std::atomic<bool>& stop) {
  if (!is_mail_address(message.to)) return {false, true, "The recipient is no mail address"};
  const auto domain = options_.from.substr(options_.from.find('@') + 1);
  const auto id = fmt::format("{}@{}", message.id.empty() ? random_token(18) : message.id, domain);
  return attempt(options_, message.to, to_mime(message, options_.from, id, clock_.now()), stop);
}

}  // namespace taskgate::mail
