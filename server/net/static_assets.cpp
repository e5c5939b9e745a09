#include "net/static_assets.h"

#include "net/field_list.h"

namespace taskgate::net {

namespace {

constexpr std::string_view index_path = "/index.html";
constexpr std::string_view hashed_prefix = "/assets/";
constexpr std::string_view html_policy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct Form {
  std::string_view bytes;
  std::string_view coding;
};

Form best_form(const Asset& asset, std::string_view accept_encoding) {
  if (!asset.brotli.empty() && accepts_coding(accept_encoding, "br")) return {asset.brotli, "br"};
  if (!asset.gzip.empty() && accepts_coding(accept_encoding, "gzip")) return {asset.gzip, "gzip"};
  return {asset.identity, {}};
}

Response answer_with(const Asset& asset, const Request& request) {
  const auto form = best_form(asset, request.headers.get("accept-encoding"));
  // Each form is a representation of its own and needs its own validator.
  auto etag =
      form.coding.empty() ? fmt::format("\"{}\"", asset.etag) : fmt::format("\"{}-{}\"", asset.etag, form.coding);
  const bool unchanged = matches_etag(request.headers.get("if-none-match"), etag);

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
