#include "handlers/http_post.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "handlers/address_rules.h"

namespace taskgate::handlers {
namespace {

constexpr long connect_timeout_ms = 10'000;
constexpr int poll_ms = 1'000;  // the longest libcurl sleeps; the stop signal and its own timers wake it earlier

using CurlEasy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlMulti = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void initialize_curl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!done) throw std::runtime_error("libcurl cannot be initialised");
}

CurlList list_of(const std::vector<std::string>& texts) {
  CurlList list(nullptr, &curl_slist_free_all);
  for (const std::string& text : texts) {
    curl_slist* longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    [[maybe_unused]] auto* same = list.release();
    list.reset(longer);
  }
  return list;
}

// One exchange and what libcurl calls back about it.
class Exchange {
 public:
  Exchange(const HttpPost& request, const StopSignal& stop)
      : request_(request), stop_(stop), headers_(list_of(request.headers)), resolve_(list_of(request.resolve)) {
    if (!easy_ || !multi_) throw std::bad_alloc();
    set_request();
    set_limits();
  }

  HttpAnswer run() {
    curl_multi_add_handle(multi_.get(), easy_.get());
    perform();
    curl_multi_remove_handle(multi_.get(), easy_.get());
    return std::move(answer_);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    // The function, not the macro of that name, which needs to see the option's name.
    if (const auto code = (curl_easy_setopt)(easy_.get(), option, value); code != CURLE_OK) {
      throw std::runtime_error(curl_easy_strerror(code));
    }
  }

  void set_request() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_HTTPHEADER, headers_.get());
    if (resolve_) set(CURLOPT_RESOLVE, resolve_.get());
    set(CURLOPT_USERAGENT, "taskgate");
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_WRITEFUNCTION, &Exchange::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
  }

  void set_limits() {
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // not one from the environment: it would resolve the name out of our sight
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, std::min(connect_timeout_ms, static_cast<long>(request_.timeout.count())));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // an end does not wait for a name being resolved
  }

  void perform() {
    int running = 1;
    while (running > 0) {
      if (const auto code = curl_multi_perform(multi_.get(), &running); code != CURLM_OK) {
        answer_.error = curl_multi_strerror(code);
        return;
      }
      if (running == 0) break;
      curl_waitfd stop{stop_.descriptor(), CURL_WAIT_POLLIN, 0};
      curl_multi_poll(multi_.get(), &stop, 1, poll_ms, nullptr);
      if (stop_.raised()) {
        answer_.stopped = true;
        answer_.error = "Stopped";
        return;
      }
    }
    conclude();
  }

  void conclude() {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    const CURLcode code = message == nullptr ? CURLE_GOT_NOTHING : message->data.result;
    // An answer that is too long was ended by us; its status counts.
    if (code != CURLE_OK && !answer_.body_too_large) {
      answer_.address_refused = refused_ && !permitted_;
      answer_.error = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
      return;
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0) answer_.retry_after = std::chrono::seconds{retry_after};
  }

  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto* self = static_cast<Exchange*>(user);
    std::string& body = self->answer_.body;
    const std::size_t room = self->request_.answer_bytes_max - body.size();
    body.append(bytes, std::min(size * count, room));
    if (size * count <= room) return size * count;
    self->answer_.body_too_large = true;
    return 0;  // ends the transfer
  }

  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
    auto* self = static_cast<Exchange*>(user);
    if (!self->request_.allow_private && !is_public_address(&address->addr, address->addrlen)) {
      self->refused_ = true;
      return CURL_SOCKET_BAD;
    }
    self->permitted_ = true;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  const HttpPost& request_;
  const StopSignal& stop_;
  CurlList headers_;
  CurlList resolve_;
  char error_[CURL_ERROR_SIZE] = {};
  HttpAnswer answer_;
  bool refused_ = false;
  bool permitted_ = false;
  CurlMulti multi_{curl_multi_init(), &curl_multi_cleanup};
  CurlEasy easy_{curl_easy_init(), &curl_easy_cleanup};
};

}  // namespace

std::optional<std::string> url_complaint(const std::string& url) {
  using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
  using CurlText = std::unique_ptr<char, decltype(&curl_free)>;
  const CurlUrl parsed(curl_url(), &curl_url_cleanup);
  const auto part = [&parsed](CURLUPart which) -> std::optional<std::string> {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, 0) != CURLUE_OK) return std::nullopt;
    return CurlText(text, &curl_free).get();
  };
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "must be a URL";
  const auto scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return "must begin with https:// or http://";
  if (part(CURLUPART_HOST).value_or("").empty()) return "must name a host";
  if (part(CURLUPART_USER) || part(CURLUPART_PASSWORD)) return "must not contain a user name or a password";
  return std::nullopt;
}

HttpAnswer post(const HttpPost& request, const StopSignal& stop) {
  HttpAnswer failed;
  try {
    initialize_curl();
    Exchange exchange(request, stop);
    return exchange.run();
  } catch (const std::exception& error) {
    failed.error = error.what();
  }
  return failed;
}

}  // namespace taskgate::handlers
