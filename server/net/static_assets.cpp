#include "net/static_assets.h"

namespace taskgate::net {

namespace {

constexpr std::string_view index_path = "/index.html";
constexpr std::string_view hashed_prefix = "/assets/";
constexpr std::string_view html_policy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `visit` with each element of a comma-separated list until it returns true; whether it did.
template <class Visit>
bool any_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (visit(trimmed(list.substr(0, comma)))) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// Whether the parameters of an element (";q=0.5") leave it a weight above 0.
bool has_weight(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == std::string_view::npos) return true;
  return parameters.find_first_of("123456789", q + 2) != std::string_view::npos;
}

// Accept-Encoding (RFC 9110, 12.5.3) for one coding; "*" speaks for codings that are not named.
bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  bool named = false;
  bool accepted = false;
  bool any = false;
  (void)any_element(accept_encoding, [&](std::string_view element) {
    const auto semicolon = element.find(';');
    const auto name = trimmed(element.substr(0, semicolon));
    const bool weight =
        has_weight(semicolon == std::string_view::npos ? std::string_view{} : element.substr(semicolon));
    if (equal_ignoring_case(name, coding)) {
      named = true;
      accepted = weight;
    } else if (name == "*") {
      any = weight;
    }
    return false;
  });
  return named ? accepted : any;
}

struct Form {
  std::string_view bytes;
  std::string_view coding;
};

Form best_form(const Asset& asset, std::string_view accept_encoding) {
  if (!asset.brotli.empty() && accepts_coding(accept_encoding, "br")) return {asset.brotli, "br"};
  if (!asset.gzip.empty() && accepts_coding(accept_encoding, "gzip")) return {asset.gzip, "gzip"};
  return {asset.identity, {}};
}

// If-None-Match compares weakly: W/"x" matches "x".
bool matches(std::string_view if_none_match, std::string_view etag) {
  return any_element(if_none_match, [etag](std::string_view element) {
    if (element == "*") return true;
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == etag;
  });
}

Response answer_with(const Asset& asset, const Request& request) {
  const auto form = best_form(asset, request.headers.get("accept-encoding"));
  // Each form is a representation of its own and needs its own validator.
  auto etag =
      form.coding.empty() ? fmt::format("\"{}\"", asset.etag) : fmt::format("\"{}-{}\"", asset.etag, form.coding);
  const bool unchanged = matches(request.headers.get("if-none-match"), etag);

  Response response;
  response.status = unchanged ? 304 : 200;
  response.headers.add("ETag", std::move(etag));
  response.headers.add("Cache-Control",
                       asset.path.starts_with(hashed_prefix) ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.gzip.empty() || !asset.brotli.empty()) response.headers.add("Vary", "Accept-Encoding");
  if (asset.content_type.starts_with("text/html"))
    response.headers.add("Content-Security-Policy", std::string(html_policy));
  if (unchanged) return response;
  response.headers.add("Content-Type", std::string(asset.content_type));
  if (!form.coding.empty()) response.headers.add("Content-Encoding", std::string(form.coding));
  response.static_body = form.bytes;
  return response;
}

bool reads(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

StaticAssets::StaticAssets(std::span<const Asset> assets) {
  for (const auto& asset : assets) by_path_.emplace(asset.path, &asset);
}

std::optional<Response> StaticAssets::serve(const Request& request) const {
  if (!reads(request)) return std::nullopt;
  const auto found = by_path_.find(request.path == "/" ? index_path : std::string_view(request.path));
  if (found == by_path_.end()) return std::nullopt;
  return answer_with(*found->second, request);
}

std::optional<Response> StaticAssets::serve_index(const Request& request) const {
  const auto found = by_path_.find(index_path);
  if (!reads(request) || found == by_path_.end()) return std::nullopt;
  return answer_with(*found->second, request);
}

bool is_page_navigation(const Request& request) {
  return reads(request) && any_element(request.headers.get("accept"), [](std::string_view element) {
           return equal_ignoring_case(trimmed(element.substr(0, element.find(';'))), "text/html");
         });
}

}  // namespace taskgate::net
